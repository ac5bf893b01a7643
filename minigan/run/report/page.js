"use strict";
// Moves the pictures through time and draws the curves; all else stands in the page as it is.

const data = JSON.parse(document.getElementById("data").textContent);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const slider = document.getElementById("slider");
const play = document.getElementById("play");
const words = (number) => number.toLocaleString("en");
const finite = (value) => typeof value === "number" && Math.abs(value) < 1e300;

// Time ---------------------------------------------------------------------------------------------
// The slider counts the pictures of the run that has most of them. Other runs follow by the share of
// their training that is over.

const { series } = data;
const leader = series.reduce((a, b) => (b.length > a.length ? b : a));
const share = (frames, place) =>
  frames[place].step === null ? place / Math.max(1, frames.length - 1)
    : frames[place].step / Math.max(1, frames[frames.length - 1].step);
let shown = series.map((frames) => frames[frames.length - 1]); // the picture of each run
let listeners = []; // functions to call when it is another one

function follow(place) {
  const now = share(leader, place);
  const distance = (frames, i) => Math.abs(share(frames, i) - now);
  shown = series.map((frames) => {
    if (frames === leader) return frames[place];
    let best = 0;
    frames.forEach((_, i) => { if (distance(frames, i) < distance(frames, best)) best = i; });
    return frames[best];
  });
  show();
}

function label(frame) {
  const parts = [];
  if (frame.epoch !== null) parts.push(`epoch ${words(frame.epoch)}`);
  if (frame.step !== null) parts.push(`step ${words(frame.step)}`);
  return parts.join(" · ");
}

function show() {
  for (const image of all("img[data-run]")) {
    const frame = shown[image.dataset.run];
    image.src = frame.src;
    image.alt = `A grid of generated images, ${label(frame)}`;
  }
  for (const output of all("output[data-run]")) output.textContent = label(shown[output.dataset.run]);
  if (slider) slider.setAttribute("aria-valuetext", label(leader[slider.value]));
  listeners.forEach((listener) => listener());
}

function move(place) {
  slider.value = place; // which keeps it within its range
  follow(Number(slider.value));
}

let playing = 0;

function stop() {
  clearInterval(playing);
  playing = 0;
  play.textContent = "Play";
  all("output").forEach((output) => output.setAttribute("aria-live", "polite"));
}

function start() {
  if (slider.value === slider.max) move(0);
  play.textContent = "Pause";
  all("output").forEach((output) => output.setAttribute("aria-live", "off")); // or it never ends
  playing = setInterval(() => {
    move(Number(slider.value) + 1);
    if (slider.value === slider.max) stop();
  }, Math.max(100, Math.min(400, 8000 / leader.length)));
}

if (slider) {
  slider.addEventListener("input", () => { if (playing) stop(); follow(Number(slider.value)); });
  play.addEventListener("click", () => (playing ? stop() : start()));
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, button, summary, pre, .wide") || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) { if (playing) stop(); move(Number(slider.value) + step); event.preventDefault(); }
    if (event.key === " ") { play.click(); event.preventDefault(); }
  });
}

// Small pictures grow by whole numbers where the screen's points are large enough to be seen; real images
// grow by as much as generated ones.

function fit() {
  let growth = 0;
  for (const image of all(".frame img")) {
    const frame = shown[image.dataset.run];
    const beside = series.length === 1 && document.querySelector(".real") && innerWidth > 640;
    const figure = image.parentNode;
    const room = (beside ? 0.6 * figure.parentNode.clientWidth : figure.clientWidth) * devicePixelRatio;
    const times = room / image.naturalWidth;
    const pixels = times >= 2;
    const whole = pixels && devicePixelRatio < 1.5;
    const points = whole ? Math.floor(times) * image.naturalWidth : Math.min(room, 2 * devicePixelRatio * frame.width);
    const width = points / devicePixelRatio;
    image.classList.toggle("pixels", pixels);
    image.style.width = `${width}px`;
    growth = width / frame.width;
  }
  for (const image of all(".real img, #others img")) {
    const width = image.getAttribute("width") * (image.closest(".real") && growth || 1);
    image.style.width = `${width}px`;
    image.classList.toggle("pixels", width * devicePixelRatio >= 1.9 * image.naturalWidth);
  }
}

// Curves -------------------------------------------------------------------------------------------

const LEFT = 52, RIGHT = 12, TOP = 8, BOTTOM = 20; // around a chart; page.css knows them too

function element(name, attributes, parent, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function short(value) {
  if (!finite(value)) return value === undefined ? "–" : String(value);
  const size = Math.abs(value);
  return size && (size < 1e-3 || size >= 1e6) ? value.toExponential(1)
    : value.toLocaleString("en", { maximumSignificantDigits: size < 1 ? 3 : 4 });
}

/** A power of ten as it is written: 0.01, 100, 10⁻⁶. */
function power(exponent) {
  if (Math.abs(exponent) < 4) return (10 ** exponent).toLocaleString("en", { maximumFractionDigits: 3 });
  return `10${[...String(exponent)].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign])).join("")}`;
}

/** Round numbers from low to high, about as many as wanted. */
function ticks(low, high, wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step + 0); // -0 + 0 is 0
  return found;
}

/** The marks beside a scale, as pairs of value and text; a logarithmic one goes from low to high powers. */
function marks(panel, low, high, wanted) {
  if (!panel.log) return ticks(low, high, wanted).map((value) => [value, short(value)]);
  const whole = ticks(low, high, Math.min(wanted, Math.max(1, high - low))).filter(Number.isInteger);
  if (whole.length > 1) return whole.map((exponent) => [10 ** exponent, power(exponent)]);
  return ticks(10 ** low, 10 ** high, wanted).map((value) => [value, short(value)]);
}

/** The range of a chart: all of the bold lines, and of the thin ones all but a few spikes. */
function range(panel, scale) {
  let bold = [], thin = [];
  for (const line of panel.lines) {
    const values = line.y.filter(finite).map(scale).filter(Number.isFinite).sort((a, b) => a - b);
    const cut = line.mean.length ? Math.floor(values.length / 100) : 0;
    thin.push(...values.slice(cut, cut ? -cut : undefined));
    bold.push(...line.mean.filter(finite).map(scale).filter(Number.isFinite));
  }
  const every = [...bold, ...thin];
  let low = every.reduce((a, b) => Math.min(a, b), Infinity);
  let high = every.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!every.length) [low, high] = [0, 1];
  if (panel.half && low >= 0 && high <= 1) [low, high] = [0, 1];
  const margin = (high - low) * 0.04 || Math.abs(high) * 0.1 || 0.5;
  return panel.half && low === 0 && high === 1 ? [0, 1] : [low - margin, high + margin];
}

/** The number of the value at the step nearest to this one. */
function nearest(steps, step) {
  let best = 0;
  for (let i = 1; i < steps.length; i++) {
    if (Math.abs(steps[i] - step) < Math.abs(steps[best] - step)) best = i;
  }
  return best;
}

/** What a line says at a step: its mean, or the word for what is no number. */
function value(line, step) {
  const thin = line.y[nearest(line.x, step)];
  if (thin !== undefined && !finite(thin)) return thin;
  const mean = line.mean[nearest(line.mean_x, step)];
  return finite(mean) ? mean : thin;
}

function chart(figure, panel) {
  const svg = figure.querySelector("svg");
  const scale = panel.log ? Math.log10 : (y) => y;
  const [low, high] = range(panel, scale);
  const several = series.length > 1;
  let width, height, markers, here;

  const x = (step) => LEFT + (width - LEFT - RIGHT) * step / data.steps;
  const y = (value) => TOP + (height - TOP - BOTTOM) * (1 - (scale(value) - low) / (high - low));

  function path(xs, ys) {
    let pen = "M", drawn = "";
    ys.forEach((value, i) => {
      if (!finite(value) || !Number.isFinite(scale(value))) { pen = "M"; return; }
      const at = Math.max(-1e4, Math.min(1e4, y(value)));
      drawn += `${pen}${x(xs[i]).toFixed(1)},${at.toFixed(1)}`;
      pen = "L";
    });
    return drawn;
  }

  function draw() {
    width = svg.clientWidth;
    height = svg.clientHeight;
    if (!width) return;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const clip = element("clipPath", { id: `clip${data.charts.indexOf(panel)}` }, svg);
    element("rect", { x: LEFT - 3, y: TOP - 3, width: width - LEFT - RIGHT + 6, height: height - TOP - BOTTOM + 6 }, clip);
    for (const [value, text] of marks(panel, low, high, height / 36)) {
      element("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }, svg);
      element("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, svg, text);
    }
    for (const step of ticks(0, data.steps, width / 140).filter(Number.isInteger)) {
      const anchor = x(step) > width - 40 ? "end" : "middle";
      element("text", { x: x(step), y: height - 4, "text-anchor": anchor }, svg, words(step));
    }
    if (panel.half && low <= 0.5 && high >= 0.5 && low >= -0.1 && high <= 1.1) {
      element("line", { class: "half", x1: LEFT, x2: width - RIGHT, y1: y(0.5), y2: y(0.5) }, svg);
    }
    const lines = element("g", { "clip-path": `url(#${clip.id})` }, svg);
    const layer = (line, i) => element("g", { class: `c${(several ? line.run : i) % 8}` }, lines);
    const thin = panel.lines.filter((line) => line.mean.length);
    for (const line of thin) {
      element("path", { class: "thin", d: path(line.x, line.y) }, layer(line, panel.lines.indexOf(line)));
    }
    panel.lines.forEach((line, i) => { // above all thin ones
      const group = layer(line, i);
      const drawn = thin.includes(line) ? path(line.mean_x, line.mean) : path(line.x, line.y);
      element("path", { class: "bold", d: drawn }, group);
      line.y.forEach((value, j) => {
        const known = finite(value) && Number.isFinite(scale(value));
        if (known && line.y.length <= 40) element("circle", { class: "dot", cx: x(line.x[j]), cy: y(value), r: 2.4 }, group);
        if (!finite(value)) element("path", { class: "strange", d: `M${x(line.x[j])},${TOP + 7}l-4,-7h8z` }, lines); // nan, inf
      });
    });
    markers = element("g", {}, svg);
    here = element("line", { class: "here", y1: TOP, y2: height - BOTTOM, visibility: "hidden" }, svg);
    mark();
  }

  /** The time of the pictures, and what the lines say there. */
  function mark() {
    if (!width) return;
    markers.replaceChildren();
    shown.forEach((frame, run) => {
      if (!frame || frame.step === null) return;
      const at = x(frame.step);
      element("line", { class: `marker${several ? ` c${run % 8}` : ""}`, x1: at, x2: at, y1: TOP, y2: height - BOTTOM }, markers);
    });
    read(null);
  }

  function read(step) {
    all("b", figure).forEach((b, i) => {
      const line = panel.lines[i], frame = shown[line.run];
      b.textContent = short(value(line, step ?? frame?.step ?? data.steps));
    });
    here.setAttribute("visibility", step === null ? "hidden" : "visible");
    if (step !== null) { here.setAttribute("x1", x(step)); here.setAttribute("x2", x(step)); }
  }

  return { draw, mark, read, svg, step: (event) => {
    const part = (event.clientX - svg.getBoundingClientRect().left - LEFT) / (width - LEFT - RIGHT);
    return Math.round(Math.max(0, Math.min(1, part)) * data.steps);
  } };
}

const charts = all(".chart").map((figure, i) => chart(figure, data.charts[i]));
const at = document.getElementById("at");

function read(step) {
  charts.forEach((each) => each.read(step));
  const time = step === null ? shown.filter((frame) => frame && frame.step !== null).map(label) : [`step ${words(step)}`];
  at.textContent = series.length > 1 && step === null ? "" : time.length ? `Values at ${time[0]}.` : "";
}

for (const each of charts) {
  for (const kind of ["pointermove", "pointerdown"]) each.svg.addEventListener(kind, (event) => read(each.step(event)));
  each.svg.addEventListener("pointerleave", () => read(null));
  each.svg.addEventListener("click", (event) => { // the pictures of this step
    if (!slider || leader[0].step === null) return;
    if (playing) stop();
    move(nearest(leader.map((frame) => frame.step), each.step(event)));
    read(each.step(event));
  });
}
listeners.push(() => charts.forEach((each) => each.mark()), () => { if (at) read(null); });

// What was seen, and copying -----------------------------------------------------------------------

for (const bar of all(".track button")) {
  const tell = () => { document.querySelector(".said").textContent = bar.dataset.words; };
  for (const kind of ["click", "focus", "pointerenter"]) bar.addEventListener(kind, tell);
}

for (const button of all(".copy")) {
  button.addEventListener("click", async () => {
    const code = button.parentNode.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch { // not allowed here: it is marked, to be copied by hand
      getSelection().selectAllChildren(code);
      return;
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}

function layout() {
  fit();
  charts.forEach((each) => each.draw());
}

for (const image of all("img")) image.addEventListener("load", fit);
addEventListener("resize", layout);
addEventListener("beforeprint", layout);
layout();
if (leader.length) show();
