/** @file Numbers, states and errors as people say them. */

const SECONDS_SHOWN = 90;
const MAPS = { ao: "AO", basecolor: "Base colour" };

/**
 * @param {number} seconds
 * @returns {string} e.g. "26 s", "4 min", "2 h 5 min"
 */
export function duration(seconds) {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(seconds < 1 ? 1 : 0)} s`;
  if (seconds < SECONDS_SHOWN) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * @param {number} part of 1
 * @returns {string} e.g. "3.1 %", "0.04 %"
 */
export function share(part) {
  const percent = part * 100;
  if (percent >= 10) return `${percent.toFixed(0)} %`;
  if (percent >= 0.1) return `${percent.toFixed(1)} %`;
  return percent > 0 ? `${percent.toPrecision(1)} %` : "0 %";
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 * @returns {string} e.g. "1 map", "5 maps"
 */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * @param {string} name e.g. "feature_weight"
 * @returns {string} e.g. "Feature weight"
 */
export function title(name) {
  if (name in MAPS) return MAPS[/** @type {keyof typeof MAPS} */ (name)];
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * @param {string} text a sentence of a docstring
 * @returns {string} the same without marks for code, begun with a capital
 */
export function plain(text) {
  const bare = text.replaceAll("`", "");
  return bare.charAt(0).toUpperCase() + bare.slice(1);
}

/**
 * @param {number} seconds since 1970
 * @returns {string} the time of day, with the date if it was not today
 */
export function when(seconds) {
  const date = new Date(seconds * 1000);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString()} ${time}`;
}

/** How a page does what a sentence advises: words that stand for it, or with these in them. */
const REMEDIES = {
  only: "{words}",
  channels: "",
  also: "give it a name that tells what it is, such as “…_roughness”, and load the maps again",
  map: "give the files names that tell what they are, such as “…_roughness”, and load them again",
  set: "{words} (Set, under How these files are read)",
  normal: "{words} (Normal map, under How these files are read)",
  tileable: "{words} (Tileable, under Fill)",
  invert: "",
  variations: "set Variations to 1",
  from_step: "move How different to the right",
  source_map: "",
  device: "",
  pixels: "load the maps in a smaller size",
  overwrite: "",
  in_place: "",
  train: "{words}",
  weights: "{words} (Weights, under Settings of the method)",
  model: "{words} (Model, under Fill)",
  prior: "{words}",
  solver: "{words} (Sampler, under Fill)",
};

/**
 * @param {{text: string, fact: string, remedies: {kind: string, words: string}[]}} said a sentence of the service
 * @returns {string} the same with what it advises in the words of this page
 */
export function sentence(said) {
  if (!said.remedies.length) return said.text;
  const words = said.remedies.map((remedy) => {
    const own = /** @type {Record<string, string>} */ (REMEDIES)[remedy.kind] ?? "{words}";
    return own.replace("{words}", () => remedy.words);
  });
  const advice = [...new Set(words.filter(Boolean))].join(", or ");
  if (!advice) return `${said.fact}.`;
  return `${said.fact}${said.fact.includes("; ") ? ", or " : "; "}${advice}.`;
}

/** What a state is called. */
export const STATES = {
  queued: "Waiting",
  running: "Running",
  cancelling: "Cancelling…",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
  interrupted: "Interrupted",
};

/**
 * @param {any} job
 * @returns {string} how far it is, in a sentence
 */
export function progress(job) {
  if (job.state === "cancelling") return "It stops at the end of its step.";
  const now = job.progress;
  if (!now) return "It begins.";
  const parts = [plain(now.phase)];
  if (now.step !== null) parts[0] += `, step ${now.step} of ${now.steps}`;
  if (now.variations > 1) parts.push(`variation ${now.variation} of ${now.variations}`);
  if (now.loss !== null) parts.push(`loss ${now.loss.toPrecision(2)}`);
  if (now.seconds_left !== null) parts.push(`${duration(now.seconds_left)} left`);
  return parts.join(" · ");
}

/**
 * @param {any} request
 * @returns {"hole" | "tile" | "extend" | "sheet"} what is done
 */
export function kindOf(request) {
  if (!request.canvas) return "hole";
  return "axis" in request.canvas ? "tile" : "size" in request.canvas ? "sheet" : "extend";
}

/**
 * @param {any} request
 * @returns {boolean} whether guides are followed
 */
export function isGuided({ guides }) {
  return Boolean(guides.colours || guides.protect.length || guides.grain);
}

/**
 * @param {any} job that is done
 * @returns {string} what was done, in a sentence
 */
export function done(job) {
  const { variations } = job.request.method;
  const several = variations > 1 ? `${variations} variations, ` : "";
  const [width, height] = job.result.size;
  const what = {
    hole: `${share(job.hole.share)} filled`,
    tile: "made tileable",
    extend: `extended to ${width} × ${height}`,
    sheet: `a sheet of ${width} × ${height}`,
  }[kindOf(job.request)];
  return plain(`${several}${what} in ${duration(job.finished - job.started)}.`);
}

/**
 * @param {any} job
 * @returns {string} where it is, in a sentence
 */
export function standing(job) {
  if (job.state === "queued") return job.ahead ? `${counted(job.ahead, "job")} before it.` : "It is the next.";
  if (job.state === "running" || job.state === "cancelling") return progress(job);
  if (job.state === "done") return done(job);
  if (job.reason) return sentence(job.reason);
  return job.state === "cancelled" ? "It was cancelled." : "It ended without a reason.";
}
