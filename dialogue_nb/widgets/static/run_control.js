// Train and Stop on a comm of their own. Python only ever answers on it; see widgets/run_control.py.

/** What the buttons and the line beside them say.
 * @param {any} progress of the last answer, null before the first run
 * @param {boolean} deaf whether a stop was not heard for a second */
function layout(progress, deaf) {
  const text = deaf ? "The kernel is busy in a cell: interrupt that, then this stops."
    : progress ? progress.text : "";
  return { going: Boolean(progress && progress.going), text };
}

function render(context) {
  const stage = openStage(context, { name: "control", label: "Training" });
  let progress = null;
  let deaf = false;
  let timer = 0;
  let late = 0;
  const press = (type) => stage.request(type).then(hear, () => {});
  const train = h("button", { class: "dn-button dn-primary", data: { key: "train" },
    on: { click: () => press("train") } }, "Train");
  const stop = h("button", { class: "dn-button", data: { key: "stop" }, on: { click: () => {
    stage.say("Stopping");
    late = setTimeout(() => ((deaf = true), draw()), 1000);
    press("stop");
  } } }, "Stop");
  const line = h("span", { class: "dn-muted" });
  stage.body.append(train, " ", stop, " ", line);
  const draw = () => {
    const { going, text } = layout(progress, deaf);
    train.disabled = stage.offline || going;
    stop.disabled = stage.offline || !going;
    line.textContent = text;
  };
  const hear = (answer) => {
    if (progress && answer.progress && progress.state !== answer.progress.state) stage.say(answer.progress.state);
    progress = answer.progress || null;
    deaf = false;
    [timer, late].forEach(clearTimeout);
    draw();
    // asked for only while a run is going on: nothing comes here unasked
    if (layout(progress, false).going) timer = setTimeout(() => press("progress"), 400);
  };
  draw();
  // Three times: the first goes out before the kernel's second thread exists, and an answer is what
  // tells the kernel which thread listens here.
  const wakes = stage.offline ? [] : [0, 300, 600].map((ms) => setTimeout(() => press("progress"), ms));
  // A run that something else began, a key or a cell: a view that heard of it says so on the page.
  const wake = () => stage.offline || layout(progress, false).going || press("progress");
  document.addEventListener("dn-run", wake);
  stage.onClose(() => {
    document.removeEventListener("dn-run", wake);
    [timer, late, ...wakes].forEach(clearTimeout);
  });
  return stage.close;
}

export { layout };
export default { render };
