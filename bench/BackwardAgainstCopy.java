import io.github.clnorm.Backend;
import io.github.clnorm.Functional;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.Gradients;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.runtime.Copy;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The backward pass next to the forward pass and to a copy of the same tensor, in turn, round after round. Prints medians
 * from enqueue to finished, the ratios to both, and the largest errors. A copy is two transits of the tensor, forward two
 * or three, backward three (x, dy and dx once each) or five.
 *
 * <p>Run from the top of the project, after a build:
 * {@code java -Djava.library.path=target/native/lib -cp target/clnorm.jar bench/BackwardAgainstCopy.java [SELECTOR]}
 */
public final class BackwardAgainstCopy {

    /** Group norm of a shape (channels first), or layer norm over its last dimension. */
    private record Workload(boolean rows, long groups, Layout layout, ElementType type, long... shape) {
        static Workload groups(long groups, Layout layout, long n, long c, long h, long w) {
            return groups(groups, layout, ElementType.FLOAT32, n, c, h, w);
        }

        static Workload groups(long groups, Layout layout, ElementType type, long n, long c, long h, long w) {
            return layout == Layout.CHANNELS_FIRST
                    ? new Workload(false, groups, layout, type, n, c, h, w)
                    : new Workload(false, groups, layout, type, n, h, w, c);
        }

        static Workload rows(long rows, long width) {
            return new Workload(true, 1, Layout.CHANNELS_FIRST, ElementType.FLOAT32, rows, width);
        }

        long[] parameters() {
            return new long[] {shape[rows ? 1 : layout.channelAxis(shape.length)]};
        }

        Normalized forward(Tensor x, Tensor gamma, Tensor beta, Tensor output) {
            Options options = Options.DEFAULTS.layout(layout).output(output);
            return rows
                    ? Functional.layerNorm(x, parameters(), gamma, beta, 1e-5, options)
                    : Functional.groupNorm(x, groups, gamma, beta, 1e-5, options);
        }

        Gradients backward(Tensor dy, Tensor x, Tensor gamma, Tensor beta, Normalized forward, GradientOptions options) {
            GradientOptions all = options.layout(layout);
            return rows
                    ? Functional.layerNormBackward(dy, x, parameters(), gamma, beta, forward.saved(), all)
                    : Functional.groupNormBackward(dy, x, groups, gamma, beta, forward.saved(), all);
        }

        Reference reference() {
            return rows ? Reference.layerNorm(shape, parameters()) : Reference.groupNorm(shape, layout, groups);
        }

        @Override
        public String toString() {
            return (rows ? "layer_norm" : "group_norm, " + groups + " groups, " + layout) + ", " + type + " "
                    + Arrays.toString(shape);
        }
    }

    private static final List<Workload> WORKLOADS = List.of(
            Workload.groups(32, Layout.CHANNELS_FIRST, 2, 320, 64, 64),
            Workload.groups(32, Layout.CHANNELS_FIRST, ElementType.FLOAT16, 2, 320, 64, 64),
            Workload.groups(32, Layout.CHANNELS_LAST, 2, 320, 64, 64),
            Workload.groups(32, Layout.CHANNELS_FIRST, 8, 64, 112, 112),
            Workload.groups(32, Layout.CHANNELS_LAST, 8, 64, 112, 112),
            Workload.groups(32, Layout.CHANNELS_FIRST, 1, 128, 512, 512),
            Workload.groups(32, Layout.CHANNELS_LAST, 1, 128, 512, 512),
            Workload.groups(32, Layout.CHANNELS_FIRST, 8, 2048, 7, 7),
            Workload.groups(32, Layout.CHANNELS_FIRST, 2, 1280, 8, 8),
            Workload.rows(8192, 1024),
            Workload.rows(4096, 768));
    private static final double SECONDS_PER_WORKLOAD = 4;

    private BackwardAgainstCopy() {}

    public static void main(String[] arguments) {
        try (Backend backend = Backend.open(arguments.length > 0 ? arguments[0] : null)) {
            System.out.println(backend.device().description());
            for (Workload workload : WORKLOADS) {
                measure(backend, workload);
            }
        }
    }

    private static float[] random(long seed, double from, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (from + random.nextDouble());
        }
        return values;
    }

    private static void measure(Backend backend, Workload workload) {
        int elements = (int) Arrays.stream(workload.shape).reduce(1, (a, b) -> a * b);
        int parameters = (int) workload.parameters()[0];
        try (Tensor x = backend.tensor(workload.type, random(1, 10, elements), workload.shape);
                Tensor dy = backend.tensor(workload.type, random(2, -0.5, elements), workload.shape);
                Tensor gamma = backend.tensor(random(3, 0.5, parameters), workload.parameters());
                Tensor beta = backend.tensor(random(4, 0, parameters), workload.parameters());
                Tensor y = backend.empty(workload.type, workload.shape);
                Tensor dx = backend.empty(workload.type, workload.shape);
                Normalized forward = workload.forward(x, gamma, beta, y)) {
            Map<String, Runnable> contestants = new LinkedHashMap<>();
            contestants.put("forward", () -> {
                Normalized result = workload.forward(x, gamma, beta, y);
                backend.finish();
                result.saved().close();
            });
            GradientOptions all = GradientOptions.DEFAULTS.output(dx);
            Map<String, GradientOptions> passes = new LinkedHashMap<>();
            passes.put("backward", all);
            passes.put("dx alone", all.wanted(true, false, false));
            passes.put("parameters alone", GradientOptions.DEFAULTS.wanted(false, true, true));
            passes.forEach((name, options) -> contestants.put(name, () -> {
                Gradients gradients = workload.backward(dy, x, gamma, beta, forward, options);
                backend.finish();
                if (gradients.weight() != null) {
                    gradients.weight().close();
                    gradients.bias().close();
                }
            }));
            boolean cpu = backend.device().type().word().equals("cpu");
            for (boolean past : new boolean[] {false, true}) {
                for (long part : new long[] {1 << 12, 1 << 16, 1 << 20}) {
                    Copy.Plan copy = new Copy.Plan(cpu ? 1 : 256, cpu ? 16 : 4, part, past);
                    contestants.put("copy, parts of " + part + (past ? ", non-temporal" : ""), () -> {
                        Copy.enqueue(backend.session(), copy, x.buffer(), y.buffer());
                        backend.finish();
                    });
                }
            }
            String errors = errors(workload, x, dy, gamma, beta, forward, all);
            print(workload + ", " + errors, times(contestants));
        }
    }

    private static String errors(
            Workload workload, Tensor x, Tensor dy, Tensor gamma, Tensor beta, Normalized forward, GradientOptions all) {
        try (Tensor dx = x.backend().empty(workload.type, workload.shape);
                Gradients gradients = workload.backward(dy, x, gamma, beta, forward, all.output(dx))) {
            double[] seen = x.toDoubles();
            double[] back = dy.toDoubles();
            Reference.Gradients expected = workload.reference()
                    .affine(gamma.toDoubles(), beta.toDoubles())
                    .gradients(i -> seen[i], i -> back[i]);
            double[] actual = dx.toDoubles();
            double worst = 0;
            for (int i = 0; i < actual.length; i++) {
                worst = Math.max(worst, Math.abs(actual[i] - expected.input()[i]) / (1 + Math.abs(expected.input()[i])));
            }
            return String.format("largest errors: dx %.1e, dgamma %.1e, dbeta %.1e", worst,
                    ofLargest(expected.weight(), gradients.weight().toDoubles()),
                    ofLargest(expected.bias(), gradients.bias().toDoubles()));
        }
    }

    private static double ofLargest(double[] expected, double[] actual) {
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
        }
        return worst / Arrays.stream(expected).map(Math::abs).max().orElse(1);
    }

    private static Map<String, Double> times(Map<String, Runnable> contestants) {
        Map<String, List<Long>> times = new LinkedHashMap<>();
        contestants.forEach((name, action) -> {
            action.run();
            times.put(name, new ArrayList<>());
        });
        long end = System.nanoTime() + (long) (SECONDS_PER_WORKLOAD * 1e9);
        while (System.nanoTime() < end) {
            contestants.forEach((name, action) -> {
                long start = System.nanoTime();
                action.run();
                times.get(name).add(System.nanoTime() - start);
            });
        }
        Map<String, Double> medians = new LinkedHashMap<>();
        times.forEach((name, of) -> medians.put(
                name, (double) of.stream().sorted().skip(of.size() / 2).findFirst().orElseThrow()));
        return medians;
    }

    private static void print(String title, Map<String, Double> medians) {
        double copy = medians.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("copy"))
                .mapToDouble(Map.Entry::getValue)
                .min()
                .orElseThrow();
        System.out.printf("%n%s%ncopy %.0f us%n", title, copy / 1e3);
        medians.forEach((name, time) -> {
            if (!name.startsWith("copy")) {
                System.out.printf("%-18s %8.0f us  %5.2f of the copy  %5.2f of forward%n",
                        name, time / 1e3, time / copy, time / medians.get("forward"));
            }
        });
    }
}
