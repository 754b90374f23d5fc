// The options of a new run: what the form holds, kept in the page's address so that a reload keeps it.

const LISTS = ["tag", "essay", "passage", "kind"];
const WORDS = ["where", "like", "model"];
const NUMBERS = ["steps", "variants", "best-of", "length"];
const SWITCHES = ["weave", "dialectic", "accepted"];
const ORDERS = ["closest", "essay", "given"];

/** What the address says; lists are arrays, numbers null where the address names none. */
export function fromAddress(search) {
  const query = new URLSearchParams(search);
  const number = (name) => (/^[1-9]\d{0,4}$/.test(query.get(name) ?? "") ? Number(query.get(name)) : null);
  return Object.fromEntries([
    ...LISTS.map((name) => [name, query.getAll(name)]),
    ...WORDS.map((name) => [name, query.get(name) ?? ""]),
    ...NUMBERS.map((name) => [name, number(name)]),
    ...SWITCHES.map((name) => [name, query.get(name) === "1"]),
    ["order", ORDERS.includes(query.get("order")) ? query.get("order") : ORDERS[0]],
  ]);
}

/** The address' query for what the form holds; without empty values. */
export function toAddress(form, job) {
  const query = new URLSearchParams();
  for (const name of LISTS) for (const value of form[name]) query.append(name, value);
  for (const name of [...WORDS, ...NUMBERS]) if (form[name]) query.set(name, form[name]);
  for (const name of SWITCHES) if (form[name]) query.set(name, "1");
  if (form.order !== ORDERS[0]) query.set("order", form.order);
  if (job) query.set("job", job);
  return String(query);
}

/** Whether passages were chosen in some way; accepted texts can be woven without. */
export const isChosen = (form) =>
  Boolean((form.weave && form.accepted) || form.tag.length || form.essay.length || form.passage.length || form.where.trim() || form.like.trim());

/** The server's request. */
export const request = (form) => ({ options: options(form), ...(form.weave && { weave: weaving(form) }) });

/** What is asked of an essay. */
const weaving = ({ order, length, dialectic, accepted }) => ({ order, dialectic, accepted, ...(length && { length: Math.max(50, length) }) });

/** The options of a run; passages chosen by hand stand for themselves. An essay has kinds and steps of its own. */
function options(form) {
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
    ...(!form.weave && form.kind.length && { kinds: form.kind }),
    ...(!form.weave && form.steps && { steps: form.steps }),
    ...(!form.weave && form.variants && { variants: form.variants }),
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
