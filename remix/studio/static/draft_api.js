// Requests about drafts.

import { get, post } from "./api.js";

const of = (name) => `api/drafts/${encodeURIComponent(name)}`;

export const drafts = () => get("api/drafts");
export const create = (name) => post("api/drafts", { name });
export const draft = (name) => get(of(name));
export const save = (name, version, pieces) => post(of(name), { version, pieces });
export const rename = (name, title) => post(`${of(name)}/rename`, { name: title });
export const throwAway = (name) => post(`${of(name)}/throw-away`, {});
export const add = (name, key) => post(`${of(name)}/add`, { key });
export const compare = (name, piece) => get(`${of(name)}/pieces/${encodeURIComponent(piece)}`);
export const textOf = (key) => get(`api/texts/${encodeURIComponent(key)}/piece`);
export const exported = (name, format, notes) => `${of(name)}/export?${new URLSearchParams({ format, notes: notes ? "yes" : "no" })}`;
export const pageOf = (name) => `draft?${new URLSearchParams({ name })}`;
