/* Pictures: the truth is whole, a fill is only what differs from it. */
const HATCH = 6, MAX_ZOOM = 32;
const TRUTH = data.sources[0];
const HOLE = { key: "hole", title: "Hole", pictures: TRUTH.pictures };
const SOURCES = [HOLE, ...data.sources.filter((source) => !source.why)];
const images = new Map();

function load(address) {
  if (!images.has(address)) {
    images.set(address, new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => resolve(image);
      image.onerror = () => reject(new Error(address.slice(0, 100)));
      image.src = address;
    }));
  }
  return images.get(address);
}

/** Draw one map of one source into a canvas, in reduced pixels or, if exact, in those of the PNG. */
async function draw(source, map, exact) {
  const canvas = make("canvas"), truth = TRUTH.pictures[map], shown = source.pictures[map];
  if (!shown) return null;
  const whole = await load(exact ? shown.png : (truth || shown).src);
  canvas.width = whole.naturalWidth;
  canvas.height = whole.naturalHeight;
  const pen = canvas.getContext("2d");
  pen.drawImage(whole, 0, 0);
  if (!exact && shown !== truth && shown.src) pen.drawImage(await load(shown.src), shown.box[0], shown.box[1], shown.box[2], shown.box[3]);
  if (source === HOLE) pen.drawImage(await hatched(canvas.width, canvas.height), 0, 0);
  return canvas;
}

async function hatched(width, height) {
  const canvas = make("canvas", { width, height }), pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(await load(data.hole), 0, 0, width, height);
  pen.globalCompositeOperation = "source-in";
  const tile = make("canvas", { width: HATCH * 2, height: HATCH * 2 }), ink = tile.getContext("2d");
  for (let y = 0; y < HATCH * 2; y += 1) {
    for (let x = 0; x < HATCH * 2; x += 1) {
      ink.fillStyle = Math.floor((x + y) / HATCH) % 2 ? "#969696" : "#787878";
      ink.fillRect(x, y, 1, 1);
    }
  }
  pen.fillStyle = pen.createPattern(tile, "repeat");
  pen.fillRect(0, 0, width, height);
  return canvas;
}

async function outlined(width, height) {
  const canvas = make("canvas", { width, height }), pen = canvas.getContext("2d"), hole = await load(data.hole);
  for (const [x, y] of [[-1, 0], [1, 0], [0, -1], [0, 1]]) pen.drawImage(hole, x, y, width, height);
  pen.globalCompositeOperation = "destination-out";
  pen.drawImage(hole, 0, 0, width, height);
  pen.globalCompositeOperation = "source-in";
  pen.fillStyle = "#ff4fa3";
  pen.fillRect(0, 0, width, height);
  return canvas;
}

/* The viewer */

const view = { map: data.maps[0]?.key, left: HOLE, right: SOURCES[2] || TRUTH, mode: "slider", split: 50, gain: 4, zoom: 1, x: 0, y: 0, exact: false, outline: false };
const stage = byId("stage");
let turn = 0;

function put(id, picture) {
  const canvas = byId(id).firstElementChild;
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").drawImage(picture, 0, 0);
}

/** Black where two pictures are equal; the louder is done by a filter, so that pictures from files may be used. */
function apart(left, right) {
  const canvas = make("canvas", { width: left.width, height: left.height }), pen = canvas.getContext("2d");
  pen.drawImage(left, 0, 0);
  pen.globalCompositeOperation = "difference";
  pen.drawImage(right, 0, 0, left.width, left.height);
  return canvas;
}

/** Draw anew after another map, side or mode was chosen; what was overtaken by a later choice is dropped. */
async function redraw() {
  const mine = (turn += 1);
  const sides = [view.left, view.right].map((side) => (view.mode === "difference" && side === HOLE ? TRUTH : side));
  try {
    const [left, right] = await Promise.all(sides.map((side) => draw(side, view.map, view.exact)));
    if (mine !== turn) return;
    if (!left || !right) return say("One of the two has no picture of this map.");
    put("below", left);
    put("above", right);
    if (view.mode === "difference") put("apart", apart(left, right));
    if (view.outline) put("outline", await outlined(...data.size));
    say(view.mode === "difference" ? remark(sides) : "");
  } catch (error) {
    if (mine !== turn) return;
    view.exact = byId("exact").checked = false;
    say("The PNG files are not beside this page; the reduced pictures are shown.");
    await redraw();
  }
  if (mine === turn) stage.dataset.drawn = String(mine);
}

function remark([left, right]) {
  const pictures = view.exact ? "" : " These pictures are reduced and compressed: for differences of a few levels choose the full PNG files.";
  return `${left.title} minus ${right.title}, without sign, times ${view.gain}.${pictures}`;
}

function say(text) {
  byId("remark").textContent = text;
}

function place() {
  const { width, height } = stage.getBoundingClientRect();
  view.x = Math.min(0, Math.max(width * (1 - view.zoom), view.x));
  view.y = Math.min(0, Math.max(height * (1 - view.zoom), view.y));
  for (const canvas of all(".layer canvas", stage)) canvas.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
  stage.classList.toggle("zoomed", view.zoom > 1);
  stage.classList.toggle("pixels", (view.zoom * width) / data.size[0] > 2);
  byId("above").style.clipPath = `inset(0 0 0 ${view.split}%)`;
  byId("divider").style.left = `${view.split}%`;
  byId("apart").firstElementChild.style.filter = `brightness(${view.gain})`;
  byId("zoom-value").textContent = `${Math.round(view.zoom * 100)} %`;
  byId("split").value = view.split;
  byId("in").disabled = view.zoom >= MAX_ZOOM;
  byId("out").disabled = byId("fit").disabled = view.zoom <= 1;
}

/** Bring the controls in step with what was chosen, then draw. */
function show() {
  const difference = view.mode === "difference";
  byId("left").value = view.left.key;
  byId("right").value = view.right.key;
  for (const input of all("input[name=map]")) input.checked = input.value === view.map;
  for (const input of all("input[name=view]")) input.checked = input.value === view.mode;
  byId("apart").hidden = !difference;
  byId("outline").hidden = !view.outline;
  byId("show-outline").checked = view.outline;
  byId("divider").hidden = byId("split-field").hidden = difference;
  byId("gain-field").hidden = !difference;
  byId("gain-value").textContent = view.gain;
  byId("tag-left").textContent = difference ? `Difference × ${view.gain}` : view.left.title;
  byId("tag-right").textContent = view.right.title;
  byId("tag-right").hidden = difference;
  for (const button of all(".sheet button")) button.setAttribute("aria-pressed", String(button.dataset.map === view.map && data.sources[button.dataset.source] === view.right));
  links();
  place();
  return redraw();
}

function links() {
  const sides = [...new Set([view.left, view.right].map((side) => (side === HOLE ? TRUTH : side)))];
  byId("links").replaceChildren(...sides.filter((side) => side.pictures[view.map])
    .map((side) => make("a", { href: side.pictures[view.map].png, textContent: `PNG: ${side.title}` })));
}

/* Zoom: x and y are the place of the picture's corner on the stage. */

function zoomBy(factor, x, y) {
  const zoom = Math.min(MAX_ZOOM, Math.max(1, view.zoom * factor)), { width, height } = stage.getBoundingClientRect();
  const [atX, atY] = [x ?? width / 2, y ?? height / 2];
  view.x = atX - ((atX - view.x) * zoom) / view.zoom;
  view.y = atY - ((atY - view.y) * zoom) / view.zoom;
  view.zoom = zoom;
  place();
}

function zoomToHole() {
  const { width, height } = stage.getBoundingClientRect(), [left, top, wide, high] = data.close, [W, H] = data.size;
  view.zoom = Math.max(1, Math.min(W / wide, H / high, MAX_ZOOM));
  view.x = width / 2 - ((left + wide / 2) / W) * width * view.zoom;
  view.y = height / 2 - ((top + high / 2) / H) * height * view.zoom;
  place();
}

function fit() {
  view.zoom = 1;
  place();
}

function moveBy(x, y) {
  view.x += x;
  view.y += y;
  place();
}

function splitTo(percent) {
  view.split = Math.min(100, Math.max(0, percent));
  place();
}

/* Fingers, mouse and wheel */

const fingers = new Map();
let dragsDivider = false;

function local(event) {
  const { left, top, width } = stage.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top, width };
}

function press(event) {
  if (event.button !== 0) return;
  fingers.set(event.pointerId, local(event));
  stage.setPointerCapture(event.pointerId);
  dragsDivider = view.mode === "slider" && fingers.size === 1 && (view.zoom === 1 || byId("divider").contains(event.target));
  if (dragsDivider && event.pointerType === "mouse") splitTo((100 * local(event).x) / local(event).width);
}

function drag(event) {
  const before = fingers.get(event.pointerId), now = local(event);
  if (!before) return;
  const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
  if (other) pinch(before, now, other);
  else if (dragsDivider) splitTo((100 * now.x) / now.width);
  else moveBy(now.x - before.x, now.y - before.y);
  fingers.set(event.pointerId, now);
}

function pinch(before, now, other) {
  const apartBefore = Math.hypot(before.x - other.x, before.y - other.y), apartNow = Math.hypot(now.x - other.x, now.y - other.y);
  dragsDivider = false;
  moveBy((now.x - before.x) / 2, (now.y - before.y) / 2);
  if (apartBefore > 0) zoomBy(apartNow / apartBefore, (now.x + other.x) / 2, (now.y + other.y) / 2);
}

function release(event) {
  fingers.delete(event.pointerId);
}

function wheel(event) {
  // At full view, rolling back scrolls the page as everywhere else.
  if (view.zoom === 1 && event.deltaY > 0) return;
  event.preventDefault();
  zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), local(event).x, local(event).y);
}

/* Keys */

function otherMap(step) {
  const at = data.maps.findIndex((map) => map.key === view.map);
  view.map = data.maps[(at + step + data.maps.length) % data.maps.length].key;
  show();
}

function swap() {
  [view.left, view.right] = [view.right, view.left];
  show();
}

function other() {
  view.mode = view.mode === "slider" ? "difference" : "slider";
  show();
}

const KEYS = {
  ArrowLeft: () => splitTo(view.split - 2), ArrowRight: () => splitTo(view.split + 2), Home: () => splitTo(0), End: () => splitTo(100),
  "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), 0: fit, h: zoomToHole,
  "[": () => otherMap(-1), "]": () => otherMap(1), d: other, x: swap,
};
const MOVES = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const move = event.shiftKey && MOVES[event.key], act = KEYS[event.key] || KEYS[event.key.toLowerCase()];
  if (!move && !act) return;
  event.preventDefault();
  if (move) moveBy(...move);
  else act();
}

/* All maps */

async function sheet() {
  const near = byId("close").checked, [left, top, wide, high] = near ? data.close : [0, 0, ...data.size];
  for (const button of all(".sheet button")) {
    const picture = await draw(data.sources[button.dataset.source], button.dataset.map, false);
    const canvas = button.firstElementChild;
    canvas.width = 296;
    canvas.height = Math.round((296 * high) / wide);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, left, top, wide, high, 0, 0, canvas.width, canvas.height);
  }
}

function pick(button) {
  view.map = button.dataset.map;
  view.right = data.sources[button.dataset.source];
  if (view.left === view.right) view.left = view.right === TRUTH ? HOLE : TRUTH;
  show();
  stage.scrollIntoView({ block: "nearest" });
}

/* Start */

function listen() {
  const sourceOf = (select) => SOURCES.find((source) => source.key === select.value);
  document.querySelector("form.panel").addEventListener("change", (event) => {
    if (event.target.name === "map") view.map = event.target.value;
    if (event.target.name === "view") view.mode = event.target.value;
    for (const side of ["left", "right"]) view[side] = sourceOf(byId(side));
    show();
  });
  byId("split").addEventListener("input", (event) => splitTo(Number(event.target.value)));
  byId("gain").addEventListener("input", (event) => { view.gain = 2 ** event.target.value; show(); });
  byId("exact").addEventListener("change", (event) => { view.exact = event.target.checked; show(); });
  byId("show-outline").addEventListener("change", (event) => { view.outline = event.target.checked; show(); });
  for (const [id, act] of Object.entries({ swap, in: () => zoomBy(1.5), out: () => zoomBy(1 / 1.5), fit, "to-hole": zoomToHole })) byId(id).addEventListener("click", act);
  for (const [name, act] of Object.entries({ pointerdown: press, pointermove: drag, pointerup: release, pointercancel: release, keydown: key })) stage.addEventListener(name, act);
  stage.addEventListener("wheel", wheel, { passive: false });
  window.addEventListener("resize", place);
  byId("close").addEventListener("change", sheet);
  for (const button of all(".sheet button")) button.addEventListener("click", () => pick(button));
}

function option(source) {
  return make("option", { value: source.key, textContent: source.why ? `${source.title} (failed)` : source.title, disabled: Boolean(source.why) });
}

function start() {
  stage.style.aspectRatio = `${data.size[0]} / ${data.size[1]}`;
  stage.style.setProperty("--shape", data.size[0] / data.size[1]);
  for (const id of ["left", "right"]) byId(id).append(...SOURCES.map(option), ...data.sources.filter((source) => source.why).map(option));
  const wanted = SOURCES.find((source) => source.key === decodeURIComponent(window.location.hash.slice(1)));
  if (wanted) view.right = wanted;
  listen();
  show().then(sheet);
}

if (stage) start();
