// The options of a new run: what the form holds, kept in the page's address so that a reload keeps it.

const LISTS = ["tag", "essay", "passage", "kind"];
const WORDS = ["where", "like", "model"];
const NUMBERS = ["steps", "variants", "best-of"];

/** What the address says; lists are arrays, numbers null where the address names none. */
export function fromAddress(search) {
  const query = new URLSearchParams(search);
  const number = (name) => (/^[1-9]\d{0,2}$/.test(query.get(name) ?? "") ? Number(query.get(name)) : null);
  return Object.fromEntries([
    ...LISTS.map((name) => [name, query.getAll(name)]),
    ...WORDS.map((name) => [name, query.get(name) ?? ""]),
    ...NUMBERS.map((name) => [name, number(name)]),
  ]);
}

/** The address' query for what the form holds; without empty values. */
export function toAddress(form, job) {
  const query = new URLSearchParams();
  for (const name of LISTS) for (const value of form[name]) query.append(name, value);
  for (const name of [...WORDS, ...NUMBERS]) if (form[name]) query.set(name, form[name]);
  if (job) query.set("job", job);
  return String(query);
}

/** Whether passages were chosen in some way. */
export const isChosen = (form) =>
  Boolean(form.tag.length || form.essay.length || form.passage.length || form.where.trim() || form.like.trim());

/** The options of the server's request; passages chosen by hand stand for themselves. */
export function options(form) {
  const chosen = form.passage.length
    ? { passages: form.passage }
    : {
        ...(form.tag.length && { tags: form.tag }),
        ...(form.essay.length && { essays: form.essay }),
        ...(form.where.trim() && { where: form.where.trim() }),
        ...(form.like.trim() && { like: form.like.trim() }),
      };
  return {
    ...chosen,
    ...(form.kind.length && { kinds: form.kind }),
    ...(form.steps && { steps: form.steps }),
    ...(form.variants && { variants: form.variants }),
    ...(form["best-of"] && { best_of: form["best-of"] }),
    ...(form.model && { model: form.model }),
  };
}

/** The query of the list of passages that the form means, without those chosen by hand. */
export function passagesQuery(form) {
  const query = new URLSearchParams();
  for (const name of ["tag", "essay"]) for (const value of form[name]) query.append(name, value);
  for (const name of ["where", "like"]) if (form[name].trim()) query.set(name, form[name].trim());
  return String(query);
}
