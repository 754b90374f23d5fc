// Making elements. Texts become text and nothing else: no string is ever read as HTML.

export const $ = (id) => document.getElementById(id);

/** An element. Of `props`, functions are listeners, booleans are attributes with or without, the rest are attributes. */
export function h(name, props, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

// Made once: a formatter takes longer to make than a thousand numbers to write.
const FORMAT = new Intl.NumberFormat("en");

/** A number as it is written: `1,200`. */
export const amount = (number) => FORMAT.format(number);

/** Words for a number of things: `1 text`, `2 texts`. */
export const counted = (number, noun) => `${amount(number)} ${noun}${number === 1 ? "" : "s"}`;
