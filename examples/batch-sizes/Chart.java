import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * A line chart of errors in percent, as SVG: a place on the x axis for each category, a logarithmic y axis, means as
 * points, spreads as bars.
 */
final class Chart {

    private static final int WIDTH = 720;
    private static final int HEIGHT = 400;
    private static final int LEFT = 60;
    private static final int RIGHT = 690;
    private static final int LEGEND = 150;
    private static final int TOP = 50;
    private static final int BOTTOM = 340;

    private static final double[] TICKS = {1, 2, 5, 10, 20, 50, 100};

    private final String title;
    private final String xTitle;
    private final List<String> categories;
    private final List<Line> lines = new ArrayList<>();

    /** A line: a point for each category. */
    private record Line(String name, String colour, List<Sample> points) {}

    Chart(String title, String xTitle, List<String> categories) {
        this.title = title;
        this.xTitle = xTitle;
        this.categories = categories;
    }

    /** Adds a line. A category without a result has no point. */
    void line(String name, String colour, List<Sample> points) {
        lines.add(new Line(name, colour, points));
    }

    String svg() {
        double[] ends = lines.stream()
                .flatMap(line -> line.points().stream())
                .filter(point -> point.count() > 0)
                .flatMapToDouble(point -> DoubleStream.of(low(point), high(point)))
                .toArray();
        double lowest = Arrays.stream(ends).min().orElse(TICKS[0]);
        double highest = Arrays.stream(ends).max().orElse(TICKS[TICKS.length - 1]);
        double bottom =
                Arrays.stream(TICKS).filter(tick -> tick <= lowest).max().orElse(TICKS[0]);
        double top = Arrays.stream(TICKS).filter(tick -> tick >= highest).min().orElse(TICKS[TICKS.length - 1]);
        Scale scale = new Scale(bottom, top);
        StringBuilder svg = new StringBuilder();
        addFrame(svg);
        for (double tick : TICKS) {
            if (tick >= bottom && tick <= top) {
                double y = scale.y(tick);
                add(svg, "<path d='M%d %.1fH%d' stroke='#d8dee4'/>", LEFT, y, right());
                add(svg, "<text x='%d' y='%.1f' class='e'>%.0f %%</text>", LEFT - 8, y + 5, tick);
            }
        }
        for (int i = 0; i < lines.size(); i++) {
            addLine(svg, lines.get(i), scale);
            if (lines.size() > 1) {
                addToLegend(svg, lines.get(i), TOP + 20 + 24 * i);
            }
        }
        return svg.append("</svg>\n").toString();
    }

    private void addFrame(StringBuilder svg) {
        String size = String.format(Locale.ROOT, "width='%d' height='%d'", WIDTH, HEIGHT);
        add(svg, "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' %s role='img'>", WIDTH, HEIGHT, size);
        add(svg, "<title>%s</title>", title);
        add(svg, "<style>text{font:14px system-ui,sans-serif;fill:#1b1f24}.b{font-weight:600}");
        add(svg, ".m{text-anchor:middle}.e{text-anchor:end}</style>");
        add(svg, "<rect %s rx='8' fill='#ffffff'/>", size);
        add(svg, "<text x='20' y='30' class='b'>%s</text>", title);
        for (int i = 0; i < categories.size(); i++) {
            add(svg, "<text x='%.1f' y='%d' class='m'>%s</text>", x(i), BOTTOM + 22, categories.get(i));
        }
        add(svg, "<text x='%d' y='%d' class='m'>%s</text>", (LEFT + right()) / 2, BOTTOM + 46, xTitle);
    }

    private void addLine(StringBuilder svg, Line line, Scale scale) {
        List<String> corners = new ArrayList<>();
        for (int i = 0; i < categories.size(); i++) {
            Sample point = line.points().get(i);
            if (point.count() > 0) {
                double x = x(i);
                double y = scale.y(point.mean());
                corners.add(String.format(Locale.ROOT, "%.1f,%.1f", x, y));
                add(svg, "<circle cx='%.1f' cy='%.1f' r='4' fill='%s'/>", x, y, line.colour());
                String ends =
                        String.format(Locale.ROOT, "M%.1f %.1fV%.1f", x, scale.y(low(point)), scale.y(high(point)));
                add(svg, "<path d='%s' stroke='%s' stroke-width='2'/>", ends, line.colour());
            }
        }
        String points = String.join(" ", corners);
        add(svg, "<polyline points='%s' fill='none' stroke='%s' stroke-width='2'/>", points, line.colour());
    }

    private void addToLegend(StringBuilder svg, Line line, int y) {
        add(svg, "<path d='M%d %dh20' stroke='%s' stroke-width='4'/>", right() + 16, y, line.colour());
        add(svg, "<text x='%d' y='%d'>%s</text>", right() + 42, y + 5, line.name());
    }

    /** The end of the x axis. A single line has no legend. */
    private int right() {
        return lines.size() > 1 ? RIGHT - LEGEND : RIGHT;
    }

    private double x(int category) {
        return LEFT + (category + 0.5) * (right() - LEFT) / categories.size();
    }

    private static double low(Sample point) {
        return point.count() > 1 ? point.mean() - point.spread() : point.mean();
    }

    private static double high(Sample point) {
        return point.count() > 1 ? point.mean() + point.spread() : point.mean();
    }

    /** A logarithmic axis: equal ratios of errors have equal distances. What is beyond an end is drawn at this end. */
    private record Scale(double bottom, double top) {
        double y(double value) {
            double shown = Math.max(bottom, Math.min(top, value));
            return BOTTOM - Math.log(shown / bottom) / Math.log(top / bottom) * (BOTTOM - TOP);
        }
    }

    private static void add(StringBuilder svg, String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
