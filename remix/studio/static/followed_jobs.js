// Jobs that this page asked for: what fails is said, and the page hears how each goes.

import { Refused } from "./api.js";
import { on } from "./events.js";
import { alarm } from "./notices.js";

const MOST = 200; // jobs remembered that nobody follows

const states = new Map(); // the last state of each job
const followed = new Map(); // functions of the job, by id

on("job", (job) => {
  states.delete(job.id);
  states.set(job.id, job);
  if (states.size > MOST) states.delete(states.keys().next().value);
  followed.get(job.id)?.(job);
});

/** Tell of a job's failures, and call `whenChanged` with each state of the job. */
export function follow(job, whenChanged = () => {}) {
  const hear = (now) => {
    whenChanged(now);
    if (!["stopped", "finished", "failed"].includes(now.state)) return;
    followed.delete(now.id);
    if (now.state === "failed") alarm(new Refused(409, now.error, now.hint));
    else if (now.failures.length) alarm(new Refused(409, now.failures.join(" "), ""));
  };
  followed.set(job.id, hear);
  // The job may have gone on before the answer came.
  hear(states.get(job.id) ?? job);
}
