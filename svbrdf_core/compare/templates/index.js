/* The same numbers as stats.py and front.py, for the cases that the filters leave. */
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 116, MAX_DECIMALS = 6;

const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => sum(values) / values.length;
const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

function spread(values) {
  if (values.length < 2) return null;
  const middle = mean(values);
  return Math.sqrt(sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1));
}

function loss(better, value) {
  if (better === "higher") return -value;
  if (better === "one") return Math.abs(value - 1);
  if (better === "neither") return 0;
  return better === "zero" ? Math.abs(value) : value;
}

function decimals(values) {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  if (!sizes.length) return 0;
  const wanted = Math.max(2 - Math.floor(Math.log10(Math.max(...sizes))), 1 - Math.floor(Math.log10(Math.min(...sizes))));
  return Math.min(Math.max(wanted, 0), MAX_DECIMALS);
}

function signed(value, places) {
  const text = Math.abs(value).toFixed(places);
  return Number(text) === 0 ? text : (value > 0 ? "+" : "−") + text;
}

function chosen() {
  const material = byId("material").selectedIndex - 1, mask = byId("mask").selectedIndex - 1;
  const materials = [...new Set(data.cases.map((entry) => entry.material))];
  const masks = [...new Set(data.cases.map((entry) => entry.mask))];
  const fits = (entry) => (material < 0 || entry.material === materials[material]) && (mask < 0 || entry.mask === masks[mask]);
  return {
    material: material + 1, mask: mask + 1, group: byId("group").value,
    cases: new Set(data.cases.map((entry, at) => (fits(entry) ? at : -1)).filter((at) => at >= 0)),
    methods: new Set(all("input[name=method]:checked").map((input) => Number(input.value))),
    reference: byId("reference") ? Number(byId("reference").value) : 0,
  };
}

/* Means */

function summaries(column, cases) {
  return data.methods.map((_, method) => {
    const values = data.cells.filter((cell) => cell[1] === method && cases.has(cell[0]) && cell[4][column] !== null)
      .map((cell) => cell[4][column]);
    return values.length ? { mean: mean(values), sd: spread(values), n: values.length } : null;
  });
}

function fillMeans(now) {
  const rows = all("#means tr[data-column]").map((row) => ({ row, found: summaries(Number(row.dataset.column), now.cases) }));
  const digits = common(rows, now, (entry) => [entry.mean]);
  for (const { row, found } of rows) fillMean(row, found, digits.get(data.columns[row.dataset.column].kind), now);
}

/** Decimals for all rows of one kind, so that the numbers of a column stand under each other. */
function common(rows, now, numbers) {
  const digits = new Map();
  for (const { row, found } of rows) {
    const kind = data.columns[row.dataset.column].kind;
    const values = found.filter((entry, method) => entry && now.methods.has(method)).flatMap(numbers);
    digits.set(kind, Math.max(digits.get(kind) || 0, decimals(values)));
  }
  return digits;
}

function fillMean(row, found, digits, now) {
  const better = data.columns[row.dataset.column].better;
  const seen = found.filter((entry, method) => entry && now.methods.has(method));
  const losses = new Set(seen.map((entry) => loss(better, entry.mean))), best = Math.min(...losses);
  // A method that failed has fewer values in every row, which the last row says; here only what is particular.
  const whole = new Set(data.methods.flatMap((_, method) => (found[method] ? [found[method].n + failed(method, now.cases)] : [])));
  for (const cell of all("td", row)) {
    const entry = found[Number(cell.dataset.method)];
    cell.classList.toggle("best", entry !== null && losses.size > 1 && loss(better, entry.mean) === best);
    cell.querySelector(".value").textContent = entry ? entry.mean.toFixed(digits) : "–";
    cell.querySelector(".sd").textContent = entry && entry.sd !== null ? `± ${entry.sd.toFixed(digits)}` : "";
    const n = cell.querySelector(".n");
    n.hidden = !(entry && whole.size > 1);
    n.textContent = entry ? `of ${entry.n}` : "";
  }
  row.hidden = !found.some((entry) => entry);
}

function failed(method, cases) {
  return data.cells.filter((cell) => cell[1] === method && cell[3] && cases.has(cell[0])).length;
}

function fillFailures(now) {
  const row = byId("failed-row");
  let total = 0;
  for (const cell of all("td", row)) {
    const number = failed(Number(cell.dataset.method), now.cases);
    cell.textContent = number;
    cell.classList.toggle("failure", number > 0);
    total += number;
  }
  row.hidden = total === 0;
}

/* Paired differences */

/** The mean over the seeds of each case, of the values or of how bad they are. */
function byCase(column, method, cases) {
  const better = data.columns[column].better, straight = better === "lower" || better === "higher";
  const found = new Map();
  for (const cell of data.cells) {
    const value = cell[4][column];
    if (cell[1] !== method || !cases.has(cell[0]) || value === null) continue;
    found.set(cell[0], [...(found.get(cell[0]) || []), straight ? value : loss(better, value)]);
  }
  return new Map([...found].map(([at, values]) => [at, mean(values)]));
}

function difference(column, method, other, cases) {
  if (data.columns[column].better === "neither") return null;
  const mine = byCase(column, method, cases), theirs = byCase(column, other, cases);
  const pairs = [...mine].filter(([at]) => theirs.has(at)).map(([at, value]) => [at, value - theirs.get(at)]);
  return pairs.length ? { ...interval(pairs), cases: pairs.length, better: data.columns[column].better } : null;
}

function interval(pairs) {
  const materials = new Set(pairs.map(([at]) => data.cases[at].material));
  const unit = materials.size >= data.minMaterials ? "material" : "case";
  const groups = new Map();
  for (const [at, value] of pairs) {
    const key = unit === "material" ? data.cases[at].material : at;
    groups.set(key, [...(groups.get(key) || []), value]);
  }
  const values = [...groups.values()].map(mean), middle = mean(values), sd = spread(values);
  const half = sd === null ? null : (data.quantiles[values.length] * sd) / Math.sqrt(values.length);
  return { mean: middle, low: half === null ? null : middle - half, high: half === null ? null : middle + half, unit, units: values.length };
}

function word(entry) {
  if (entry.low === 0 && entry.high === 0) return "equal";
  if (entry.low === null || (entry.low <= 0 && entry.high >= 0)) return "unclear";
  return (entry.mean > 0) === (entry.better === "higher") ? "better" : "worse";
}

function fillDifferences(now) {
  const tally = data.methods.map(() => ({ better: 0, worse: 0, unclear: 0, equal: 0 }));
  const rows = all("#differences tr[data-column]").map((row) => ({
    row, found: data.methods.map((_, other) => (other === now.reference ? null : difference(Number(row.dataset.column), now.reference, other, now.cases))),
  }));
  const digits = common(rows, now, bounds);
  for (const { row, found } of rows) fillDifference(row, found, digits.get(data.columns[row.dataset.column].kind), now, tally);
  fillVerdicts(now, tally);
}

const bounds = (entry) => [entry.mean, entry.low, entry.high].filter((value) => value !== null);

function fillDifference(row, found, digits, now, tally) {
  const reach = Math.max(0, ...found.filter((entry, other) => entry && now.methods.has(other)).flatMap(bounds).map(Math.abs));
  for (const cell of all("td", row)) {
    const other = Number(cell.dataset.method), entry = found[other];
    cell.replaceChildren(entry ? delta(entry, digits, reach, now.reference, other) : "–");
    if (entry && !row.closest("tbody").hidden) tally[other][word(entry)] += 1;
  }
  row.hidden = !found.some((entry) => entry);
}

function delta(entry, digits, reach, method, other) {
  const known = entry.low !== null;
  const at = [known ? entry.low : entry.mean, entry.mean, known ? entry.high : entry.mean]
    .map((value) => (reach ? WIDTH / 2 + ((WIDTH / 2 - 5) * value) / reach : WIDTH / 2).toFixed(2));
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} 18`, "aria-hidden": "true" });
  svg.append(shape("path", { class: "zero", d: `M${WIDTH / 2} 1V17` }), shape("path", { class: "bar", d: `M${at[0]} 9H${at[2]}` }),
    shape("circle", { cx: at[1], cy: 9, r: 3.5 }));
  const apart = word(entry) === "equal" ? "" : `${signed(entry.low ?? 0, digits)} … ${signed(entry.high ?? 0, digits)}`;
  const range = known ? apart : "no interval";
  const basis = count(entry.cases, "case") + (entry.unit === "material" ? ` of ${count(entry.units, entry.unit)}` : "");
  return make("span", { className: `delta ${word(entry)}`, title: `${data.methods[method]} minus ${data.methods[other]}, ${basis}` }, svg,
    make("span", { className: "mean", textContent: signed(entry.mean, digits) }),
    make("span", { className: "word", textContent: word(entry) }),
    make("span", { className: "range", textContent: range }));
}

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function fillVerdicts(now, tally) {
  byId("first").textContent = data.methods[now.reference];
  const lines = data.methods.map((name, other) => {
    const t = tally[other], total = t.better + t.worse + t.unclear + t.equal;
    if (other === now.reference || !now.methods.has(other) || !total) return null;
    return make("li", {}, make("b", { textContent: data.methods[now.reference] }), " against ", make("b", { textContent: name }), ": ",
      make("span", { className: "better", textContent: `better in ${t.better}` }), ", ",
      make("span", { className: "worse", textContent: `worse in ${t.worse}` }), `, not told apart in ${t.unclear + t.equal}, of ${total} in all`);
  });
  byId("verdicts").replaceChildren(...lines.filter(Boolean));
  const materials = new Set([...now.cases].map((at) => data.cases[at].material)).size;
  byId("basis").textContent = materials >= data.minMaterials
    ? `The interval is taken over ${materials} materials, each first averaged over its cases and seeds.`
    : `With fewer than ${data.minMaterials} materials it is taken over ${count(now.cases.size, "case")} and says nothing of other materials.`;
}

/* What is seen */

function apply() {
  const now = chosen();
  const first = byId("group").options[0].value; // repeats rows of the others, so it is no part of all
  for (const body of all("tbody[data-group]")) body.hidden = body.dataset.group !== now.group && (now.group !== "" || body.dataset.group === first);
  fillMeans(now);
  fillFailures(now);
  if (byId("differences")) fillDifferences(now);
  for (const part of all("[data-method]")) part.hidden = !now.methods.has(Number(part.dataset.method));
  for (const part of all(`#differences [data-method="${now.reference}"]`)) part.hidden = true;
  showCases(now);
}

function showCases(now) {
  const fits = (part) => (!now.material || Number(part.dataset.material) === now.material) && (!now.mask || Number(part.dataset.mask) === now.mask);
  const cards = all(".card");
  cards.forEach((card) => { card.hidden = !fits(card); });
  all(".reasons tbody tr").forEach((row) => { row.hidden = !fits(row) || !now.methods.has(Number(row.dataset.method)); });
  const left = cards.filter((card) => !card.hidden).length;
  byId("none-left").hidden = left > 0;
  byId("shown").textContent = left === cards.length ? count(left, "case") : `${left} of ${count(cards.length, "case")}`;
}

document.querySelector("form.filters").addEventListener("change", apply);
document.querySelector("form.filters").addEventListener("submit", (event) => event.preventDefault());
byId("reference")?.addEventListener("change", apply);
apply();
