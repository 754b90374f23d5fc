// Words that the browser keeps at every keystroke, until they are stored or given up: notes, edited versions, drafts.

/** The name in the browser's storage for what the server hasn't stored of a draft. */
export const nameOfDraft = (name) => `draft ${name}`;

/** What is kept of a text area; `kind` is "note" or "edit", `output` the record id of the output. All tabs share it. */
export function keptWords(kind, output) {
  const name = `half-written ${kind} ${output}`;
  return {
    /** The words, or null if there are none. */
    read: () => localStorage.getItem(name),
    keep(words) {
      try {
        localStorage.setItem(name, words);
      } catch {
        // The browser has no room: the text area alone has the words.
      }
    },
    /** Keep nothing any more; if `words` are given, only if no others were written since. */
    drop(words = this.read()) {
      if (this.read() === words) localStorage.removeItem(name);
    },
  };
}
