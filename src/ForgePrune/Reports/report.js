// Draws every chart of the page from the figures that lie beside it. Colours come from the style sheet, so that they follow the system.
(() => {
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const palette = ["--a", "--b", "--c", "--d", "--e", "--f"];
  const plots = [];

  const figure = value => value == null ? "–" : Math.abs(value) >= 1e5 ? value.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 3 }) : Math.abs(value) >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString("en")
    : Number(value.toPrecision(3)).toString();

  // Whiskers from low to high behind the points of a series, each series a little beside the others.
  const whiskers = chart => plot => {
    const ctx = plot.ctx, ratio = devicePixelRatio;
    ctx.save();
    ctx.lineWidth = 2 * ratio;
    chart.series.forEach((series, s) => {
      if (!series.low || !plot.series[s + 1].show) return;
      ctx.strokeStyle = colour(palette[s % palette.length]);
      series.values.forEach((value, i) => {
        if (value == null || series.low[i] == null) return;
        const x = plot.valToPos(place(chart, s, i), "x", true);
        const [low, high] = [series.low[i], series.high[i]].map(y => plot.valToPos(y, "y", true));
        ctx.beginPath();
        ctx.moveTo(x, low); ctx.lineTo(x, high);
        for (const end of [low, high]) { ctx.moveTo(x - 5 * ratio, end); ctx.lineTo(x + 5 * ratio, end); }
        ctx.stroke();
      });
    });
    ctx.restore();
  };

  const place = (chart, s, i) => i + (s - (chart.series.length - 1) / 2) * Math.min(0.14, 0.7 / chart.series.length);

  const draw = (element, chart) => {
    const count = chart.labels.length, bars = chart.kind === "Bars", intervals = chart.kind === "Intervals", lines = chart.kind === "Lines", points = chart.kind === "Points";
    const numbers = lines || points, line = series => lines || chart.kind === "Line" || series.joined;
    // Side by side means that every series has x values of its own: they are merged, with gaps where a series has no point.
    const xs = numbers ? [...new Set(chart.series.flatMap(series => series.at))].sort((a, b) => a - b) : intervals ? chart.series.flatMap((series, s) => series.values.map((_, i) => place(chart, s, i))).sort((a, b) => a - b) : chart.labels.map((_, i) => i);
    const values = (series, s) => numbers ? xs.map(x => series.values[series.at.indexOf(x)] ?? null) : intervals ? xs.map(x => { const i = series.values.findIndex((_, i) => place(chart, s, i) === x); return i < 0 ? null : series.values[i]; }) : series.values;
    const all = chart.series.flatMap(series => [...series.values, ...(series.low || []), ...(series.high || [])]).filter(value => value != null);
    const [least, most] = [Math.min(...all), Math.max(...all)], margin = (most - least || Math.abs(most) || 1) * 0.12;
    const across = numbers ? (xs[xs.length - 1] - xs[0] || 1) * (points ? 0.08 : 0) : 0;
    const options = {
      width: element.clientWidth, height: 220, padding: [12, 12, 0, 0], cursor: { drag: { x: false, y: false }, points: { show: !bars } },
      legend: { show: bars || chart.series.length > 1 || chart.kind === "Line", live: lines || chart.kind === "Line" },
      scales: {
        x: { time: false, range: numbers ? [xs[0] - across, xs[xs.length - 1] + across] : bars || intervals ? [-0.6, count - 0.4] : [0, Math.max(1, count - 1)] },
        y: { range: bars ? [0, most * 1.08 || 1] : [Math.max(0, least - margin), most + margin] },
      },
      axes: [
        {
          stroke: () => colour("--soft"), grid: { show: false }, ticks: { show: false }, label: chart.xTitle || undefined, labelSize: 20, labelFont: "12px system-ui, sans-serif", size: 24,
          font: "12px system-ui, sans-serif", splits: numbers ? undefined : () => chart.labels.map((_, i) => i).filter(i => i % Math.ceil(count / 12) === 0),
          values: (_, at) => at.map(numbers ? figure : i => chart.labels[i] ?? ""),
        },
        {
          stroke: () => colour("--soft"), grid: { stroke: () => colour("--line"), width: 1 }, ticks: { show: false }, size: 56, label: chart.yTitle || undefined, labelSize: 18, labelFont: "12px system-ui, sans-serif",
          font: "12px system-ui, sans-serif", values: (_, at) => at.map(figure),
        },
      ],
      series: [{ label: chart.xTitle || "", value: (_, x) => x == null ? "–" : numbers ? figure(x) : chart.labels[Math.round(x)] ?? "–" }, ...chart.series.map((series, s) => {
        const ghost = bars && s === 0 && chart.series.length > 1;
        const name = ghost ? "--ghost" : palette[(bars && chart.series.length > 1 ? s - 1 : s) % palette.length];
        return {
          label: series.name, stroke: () => colour(name), fill: bars ? () => colour(name) : undefined, width: line(series) ? 2 : 0, dash: s >= palette.length ? [6, 4] : undefined, spanGaps: numbers, value: (_, y) => figure(y),
          paths: bars ? uPlot.paths.bars({ size: [ghost ? 0.86 : 0.56, 64] }) : line(series) ? undefined : () => null,
          points: !bars && !line(series) ? { show: true, size: 9, width: 2, stroke: () => colour(name), fill: () => series.low || points ? colour(name) : colour("--card") } : { show: chart.kind === "Line" && count < 40 },
        };
      })],
      hooks: { draw: intervals ? [whiskers(chart)] : [] },
    };
    const plot = new uPlot(options, [xs, ...chart.series.map(values)], element);
    plots.push({ plot, element });
  };

  for (const chart of document.querySelectorAll("figure.chart"))
    draw(chart.querySelector(".plot"), JSON.parse(chart.querySelector("script").textContent));

  const resize = () => plots.forEach(({ plot, element }) => { if (element.clientWidth !== plot.width) plot.setSize({ width: element.clientWidth, height: 220 }); });
  addEventListener("resize", resize);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plots.forEach(({ plot }) => plot.redraw()));
})();
