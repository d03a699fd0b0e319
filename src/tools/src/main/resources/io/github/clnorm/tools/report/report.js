"use strict";
// Draws the charts of the page's data, and makes its full table sort and filter. Everything that comes from the data is
// put into the page as text.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const SERIES = 8;
  const SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "wye", "times", "plus"];
  const series = data.columns.map((column, i) => ({
    name: column.letter,
    label: column.label,
    color: `var(--series-${i % SERIES})`,
    // No two of the first 64 have both in common.
    symbol: SYMBOLS[(i + Math.floor(i / SERIES)) % SERIES]
  }));
  const domain = series.map(one => one.name);
  const all = data.rows.map(row => ({...row, device: series[row.column].name, label: series[row.column].label}));
  const rows = all.filter(row => row.status === "ok");
  const directions = ["forward", "backward"].filter(direction => rows.some(row => row.direction === direction));
  const several = key => new Set(all.map(row => row[key]).filter(value => value !== "")).size > 1;
  const form = row =>
    row.workload + (several("type") ? ", " + row.type : "") + (several("layout") && row.layout ? ", " + row.layout : "");

  const METRICS = {
    gb_per_s: {label: "GB/s", text: rate, of: row => row.rate},
    share: {label: "share of the limit, %", text: value => value.toFixed(0) + " %", of: row => 100 * row.share},
    us: {label: "microseconds (less is better)", text: microseconds, of: row => row.us}
  };

  // The same digits as in the tables.
  function rate(value) {
    if (value < 0.1) return String(Number(value.toPrecision(2)));
    return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
  }

  function microseconds(value) {
    return value < 100 ? value.toFixed(1) : value.toFixed(0);
  }

  function bytes(value) {
    const units = ["B", "KiB", "MiB", "GiB"];
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return `${value < 10 && unit > 0 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
  }

  const title = row =>
    `${row.device}: ${row.label}\n${row.workload}, ${row.type}${row.layout ? ", " + row.layout : ""}, ${row.direction}\n`
    + `${microseconds(row.us)} us (${microseconds(row.p10)} to ${microseconds(row.p90)}), ${rate(row.rate)} GB/s, `
    + `${(100 * row.share).toFixed(0)} % of the limit\n${row.plan}`;

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  // Who is in a chart: by letter and colour in bars, by shape too where marks have one.
  function legend(of, shapes) {
    const list = element("ul", undefined, "legend");
    series.forEach((one, i) => {
      if (!of.some(row => row.column === i)) return;
      const item = element("li", undefined, `series-${i % SERIES}`);
      if (shapes) {
        const shape = Plot.plot({
          width: 18, height: 18, margin: 0, x: {axis: null, domain: [-1, 1]}, y: {axis: null, domain: [-1, 1]},
          marks: [Plot.dot([0], {x: 0, y: 0, r: 5, stroke: one.color, strokeWidth: 2, symbol: one.symbol})]
        });
        shape.setAttribute("aria-hidden", "true");
        item.append(shape);
      }
      item.append(element("span", one.name, "key"), element("span", one.label));
      list.append(item);
    });
    return list;
  }

  // A chart for each direction, side by side or below each other.
  function draw(place, chart, of, shapes) {
    const panels = element("div", undefined, "panels");
    place.replaceChildren(legend(of, shapes), panels);
    const drawn = directions
      .map(direction => ({direction, some: of.filter(row => row.direction === direction)}))
      .filter(({some}) => some.length > 0)
      .map(one => ({...one, panel: element("div")}));
    for (const {panel, direction} of drawn) {
      panel.append(element("h4", direction));
      panels.append(panel);
    }
    // Only now it is known how wide they are.
    for (const {panel, direction, some} of drawn) {
      panel.append(chart(some, Math.max(280, Math.min(panel.clientWidth, drawn.length > 1 ? 640 : 960)), direction));
    }
  }

  const color = {domain, range: series.map(one => one.color)};
  const symbol = {domain, range: series.map(one => one.symbol)};
  const style = {fontSize: "12px"};

  function bars(place) {
    const metric = METRICS[document.getElementById("metric").value];
    const suite = place.dataset.suite;
    const ofSuite = all.filter(row => row.suite === suite);
    // Where nothing of a suite was measured, there are only the reasons.
    const most = Math.max(...ofSuite.filter(row => row.status === "ok").map(metric.of), 0) || 1;
    draw(place, (every, width, direction) => {
      const some = every.filter(row => row.status === "ok");
      const forms = [...new Set(every.map(form))];
      const present = domain.filter(name => every.some(row => row.device === name));
      const gaps = forms.flatMap(name => present
        .filter(device => !some.some(row => row.device === device && form(row) === name))
        .map(device => ({device, form: name, why: (every.find(row => row.device === device && form(row) === name) || {status: "missing"}).status})));
      // A long name takes two lines on a narrow screen: what was normalized, and in which form.
      const wide = name => 7.5 * name.length > width;
      const titled = forms.some(wide) ? 38 : 22;
      const head = name => wide(name) ? name.replace(", ", "\n") : name;
      // Pixels: the name, a bar for each device.
      const step = titled + 17 * present.length;
      return Plot.plot({
        width, style, color,
        ariaLabel: `${suite}, ${direction}: ${metric.label} of each device; the table below has the same figures`,
        height: 40 + forms.length * step,
        marginLeft: 26, marginRight: 52, marginTop: titled, marginBottom: 40,
        x: {label: metric.label, grid: true, ticks: Math.max(3, width / 110), domain: [0, most], nice: true, labelAnchor: "right"},
        y: {domain: present, label: null, tickSize: 0, padding: 0.08},
        fy: {domain: forms, axis: null, paddingInner: titled / step, paddingOuter: 0},
        marks: [
          Plot.barX(some, {x: metric.of, y: "device", fy: form, fill: "device", ariaLabel: title}),
          Plot.text(some, {x: metric.of, y: "device", fy: form, text: row => metric.text(metric.of(row)), textAnchor: "start", dx: 4}),
          Plot.text(gaps, {x: 0, y: "device", fy: "form", text: "why", textAnchor: "start", dx: 4, fill: "var(--soft)", fontStyle: "italic"}),
          Plot.text(forms, {fy: name => name, text: head, frameAnchor: "top-left", lineAnchor: "bottom", dy: -3, dx: -22, fontWeight: 600}),
          Plot.ruleX([0]),
          Plot.tip(some, Plot.pointer({x: metric.of, y: "device", fy: form, title, maxRadius: 2000}))
        ]
      });
    }, ofSuite, false);
  }

  function marks(some, x, y) {
    return [
      Plot.dot(some, {x, y, stroke: "device", symbol: "device", strokeWidth: 1.8, r: 4.5, ariaLabel: title}),
      Plot.tip(some, Plot.pointer({x, y, title}))
    ];
  }

  // Powers of two, as many as fit.
  function sizes(some, width) {
    const logs = some.map(row => Math.log2(row.bytes));
    const from = Math.floor(Math.min(...logs)), to = Math.ceil(Math.max(...logs));
    const step = Math.max(1, Math.ceil((to - from) / Math.max(2, Math.floor(width / 75))));
    const ticks = [];
    for (let power = from; power <= to; power += step) ticks.push(2 ** power);
    return {type: "log", base: 2, label: "size of the tensor", ticks, tickFormat: bytes, domain: [2 ** (from - 0.3), 2 ** (to + 0.3)]};
  }

  function share(place) {
    draw(place, (some, width, direction) => Plot.plot({
      width, style, color, symbol, height: 320, marginLeft: 46, marginTop: 28, marginBottom: 40,
      ariaLabel: `${direction}: share of the limit over the size of the tensor; the table below has the same figures`,
      x: sizes(some, width),
      y: {label: "share of the limit, %", grid: true, zero: true, domain: [0, Math.max(105, ...rows.map(row => 105 * row.share))]},
      marks: [Plot.ruleY([100], {strokeDasharray: "4 3"}), ...marks(some, "bytes", row => 100 * row.share)]
    }), rows, true);
  }

  function tuning(place) {
    const known = rows.filter(row => row.gain !== undefined);
    const gains = known.map(row => row.gain);
    const domain = [Math.min(0.95, ...gains), Math.max(1.05, ...gains) * 1.02];
    draw(place, (some, width, direction) => Plot.plot({
      width, style, color, symbol, height: 260, marginLeft: 46, marginTop: 28, marginBottom: 40,
      ariaLabel: `${direction}: speed by the plan that ran over speed by the heuristics' plan; the table below has the same figures`,
      x: sizes(some, width),
      y: {type: "log", label: "times as fast", grid: true, domain, ticks: 5, tickFormat: value => value.toFixed(2)},
      marks: [Plot.ruleY([1]), ...marks(some, "bytes", "gain")]
    }), known, true);
  }

  function error(place) {
    const known = rows.filter(row => row.error !== undefined);
    draw(place, (some, width, direction) => {
      const bounds = [...new Map(some.filter(row => row.bound).map(row => [row.type, row])).values()];
      // What is exact lies on the lowest line.
      const all = [...some.map(row => row.error).filter(error => error > 0), ...bounds.map(row => row.bound)];
      if (all.length === 0) all.push(1e-7);
      const powers = [];
      for (let power = Math.floor(Math.log10(0.7 * Math.min(...all))); power <= Math.ceil(Math.log10(Math.max(...all))); power++) {
        powers.push(10 ** power);
      }
      return Plot.plot({
        width, style, color, symbol, height: 300, marginLeft: 56, marginTop: 28, marginBottom: 40, marginRight: 30,
        ariaLabel: `${direction}: largest error over speed; the table below has the same figures`,
        x: {type: "log", label: "GB/s", ticks: Math.max(3, width / 120), tickFormat: value => String(Number(value.toPrecision(2)))},
        y: {type: "log", label: "largest error", grid: true, domain: [powers[0], powers[powers.length - 1]], ticks: powers, tickFormat: value => value.toExponential(0)},
        marks: [
          Plot.ruleY(bounds, {y: "bound", strokeDasharray: "4 3"}),
          Plot.text(bounds, {y: "bound", frameAnchor: "right", dy: -7, text: row => `bound of ${row.type}`}),
          ...marks(some, "rate", row => Math.max(row.error, powers[0]))
        ]
      });
    }, known, true);
  }

  const CHARTS = {bars, share, tuning, error};

  function drawAll() {
    document.querySelectorAll("[data-chart]").forEach(place => CHARTS[place.dataset.chart](place));
  }

  document.querySelectorAll(".controls").forEach(controls => { controls.hidden = false; });
  const metric = document.getElementById("metric");
  if (metric) {
    metric.addEventListener("change", () => {
      document.querySelectorAll('[data-chart="bars"]').forEach(bars);
      document.querySelectorAll("[data-metric]").forEach(table => { table.hidden = table.dataset.metric !== metric.value; });
    });
  }
  addEventListener("beforeprint", () => document.querySelectorAll("details.machine").forEach(one => { one.open = true; }));
  drawAll();
  let width = document.body.clientWidth;
  let waiting;
  new ResizeObserver(() => {
    if (document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 100);
  }).observe(document.body);

  // --- The full table ---------------------------------------------------------------------------------------------------

  const table = document.getElementById("rows");
  const body = table.tBodies[0];
  const lines = [...body.rows].map((line, i) => ({line, i, text: line.textContent.toLowerCase().replace(/\s+/g, " ")}));
  const heads = [...table.tHead.rows[0].cells];
  const sort = document.getElementById("sort");

  function key(line, column) {
    const cell = line.cells[column];
    return cell.dataset.value !== undefined ? cell.dataset.value : cell.textContent.trim();
  }

  // Lines without a figure come last, whichever way.
  function compare(one, other, numeric, sign) {
    if (!numeric) return sign * one.localeCompare(other, "en", {numeric: true});
    if (one === "" || other === "") return (one === "") - (other === "");
    return sign * (Number(one) - Number(other));
  }

  function order(column, descending) {
    heads.forEach((head, i) => {
      if (i === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const numeric = lines.length > 0 && lines[0].line.cells[column].dataset.value !== undefined;
    const sign = descending ? -1 : 1;
    lines.sort((one, other) =>
      compare(key(one.line, column), key(other.line, column), numeric, sign) || one.i - other.i);
    body.append(...lines.map(one => one.line));
    sort.value = `${column} ${descending}`;
  }

  sort.append(new Option("the order of measuring", ""));
  heads.forEach((head, column) => {
    const name = head.textContent;
    const button = element("button", name);
    button.type = "button";
    button.addEventListener("click", () => order(column, head.getAttribute("aria-sort") === "ascending"));
    head.replaceChildren(button);
    // Browsers do not print buttons again at the top of every page.
    head.dataset.name = name;
    sort.append(new Option(`${name}, rising`, `${column} false`), new Option(`${name}, falling`, `${column} true`));
  });
  sort.addEventListener("change", () => {
    if (sort.value === "") {
      heads.forEach(head => head.removeAttribute("aria-sort"));
      lines.sort((one, other) => one.i - other.i);
      body.append(...lines.map(one => one.line));
    } else {
      const [column, descending] = sort.value.split(" ");
      order(Number(column), descending === "true");
    }
  });

  const filter = document.getElementById("filter");
  const count = document.getElementById("count");

  function apply() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(word => word !== "");
    let shown = 0;
    for (const one of lines) {
      one.line.hidden = !words.every(word => one.text.includes(word));
      if (!one.line.hidden) shown++;
    }
    count.textContent = `${shown} of ${lines.length} rows`;
  }

  filter.addEventListener("input", apply);
  apply();
})();
