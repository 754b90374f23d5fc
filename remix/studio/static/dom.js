// Elements, numbers and plurals. No string is ever parsed as HTML.

export const $ = (id) => document.getElementById(id);

/** An element. In `props`, functions become listeners, booleans attributes without value, all else attributes. */
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

// Made once: making a formatter takes longer than formatting a thousand numbers.
const FORMAT = new Intl.NumberFormat("en");

/** A number in writing: `1,200`. */
export const amount = (number) => FORMAT.format(number);

/** A number with a noun: `1 text`, `2 texts`. */
export const counted = (number, noun) => `${amount(number)} ${noun}${number === 1 ? "" : "s"}`;
