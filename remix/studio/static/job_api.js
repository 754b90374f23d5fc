// Requests about jobs and models.

import { get, post } from "./api.js";

/** With the page's query, as the browser has asked for the choices already. */
export const choices = () => get(`api/write${location.search}`);
export const models = () => get("api/models");
export const passages = (query) => get(`api/passages?${query}`);
export const jobs = () => get("api/jobs");
export const texts = (job, place) => get(`api/jobs/${job}/texts${place ? `?place=${encodeURIComponent(place)}` : ""}`);
/** `asked` has the options, and what is asked of an essay if one is to be woven. */
export const estimate = (asked) => post("api/jobs/estimate", asked);
export const write = (asked) => post("api/jobs", asked);
export const resume = (run) => post("api/jobs/resume", { run });
export const redo = (output) => post("api/jobs/redo", { output });
export const branch = (request) => post("api/jobs/branch", request);
export const stop = (job) => post(`api/jobs/${job}/stop`, {});
export const tryTemplate = (request) => post("api/jobs/try", request);
export const again = (job) => post(`api/jobs/${job}/again`, {});
export const pull = (name) => post("api/models/pull", { name });
export const stopPull = () => post("api/models/pull/stop", {});
export const letGo = () => post("api/models/let-go", {});
