// The parameters of the next training, a group for each policy; see views/training_panel.py.

/** What a field shows of a parameter.
 * @param {any} p */
function layout(p) {
  const kind = p.kind === "switch" ? "checkbox" : p.choices.length ? "select" : "text";
  const numeric = p.kind === "whole" || p.kind === "number";
  return { kind, mode: numeric ? "decimal" : "text", value: p.value === null ? "" : String(p.value) };
}

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "settings", label: "Settings of the next training" });
  const refusals = new Map();
  const field = (place, group, p, id) => {
    const { kind, mode, value } = layout(p);
    const key = `${place} ${p.name}`;
    const refused = h("span", { class: "dn-settings__refused", id: `${id}-no`, role: "alert" });
    const show = (text) => {
      refused.textContent = text || "";
      node.setAttribute("aria-invalid", String(Boolean(text)));
    };
    const on = { change: () => stage.request("set", { place, name: p.name,
      value: kind === "checkbox" ? node.checked : node.value }).then((answer) => {
      refusals.set(key, answer.refused);
      show(answer.refused);
    }, () => {}) };
    const more = { "aria-label": `${group}: ${p.name}`, "aria-describedby": `${id} ${id}-no`,
      data: { key }, disabled: stage.offline, on };
    const node = kind === "select"
      ? h("select", { ...more, class: "dn-field" },
        p.choices.map((one) => h("option", { value: one, selected: one === p.value }, one)))
      : h("input", { ...more, type: kind, class: kind === "text" ? "dn-field" : "",
        checked: kind === "checkbox" && p.value, value, inputmode: mode,
        placeholder: p.optional ? "nothing" : "" });
    // what was refused stays until something else is typed there
    if (refusals.get(key)) queueMicrotask(() => show(refusals.get(key)));
    return h("div", { class: "dn-settings__row" },
      named(p.name, p.changed ? "dn-settings__changed" : ""), node,
      h("span", { class: "dn-muted" }, h("span", { id }, p.meaning), refused));
  };
  const reset = () => {
    refusals.clear();
    stage.request("reset").catch(() => {});
  };
  stage.drawOn(["view"], () => {
    const { groups } = model.get("view");
    if (!groups) return;
    const prefix = `dn${Math.random().toString(36).slice(2)}`;
    stage.body.replaceChildren(...groups.map((group) => h("fieldset", null,
      h("legend", null, group.letter ? [letter(group), " "] : "", h("bdi", null, group.label)),
      group.parameters.length ? "" : h("p", { class: "dn-muted" }, "There is nothing to set."),
      group.parameters.map((p, i) => field(group.place, group.label, p, `${prefix}-${group.place}-${i}`)))),
    stage.offline ? "" : h("button", { class: "dn-button", data: { key: "reset" }, on: { click: reset } },
      "All as in the beginning"));
  });
  return stage.close;
}

export { layout };
export default { render };
