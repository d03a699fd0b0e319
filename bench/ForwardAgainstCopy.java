import io.github.clnorm.Backend;
import io.github.clnorm.Functional;
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
 * Group normalization forward, in both layouts and three types, next to a copy of the same float32 tensor, in turn, round
 * after round. Prints medians from enqueue to finished, the ratios to the best copy and to channels first in float32, and
 * the largest error.
 *
 * <p>Run from the top of the project, after a build:
 * {@code java -Djava.library.path=target/native/lib -cp target/clnorm.jar bench/ForwardAgainstCopy.java [SELECTOR]}
 */
public final class ForwardAgainstCopy {

    private record Workload(long groups, long samples, long channels, long... positions) {
        long[] shape(Layout layout) {
            long[] shape = new long[positions.length + 2];
            shape[0] = samples;
            shape[layout.channelAxis(shape.length)] = channels;
            System.arraycopy(positions, 0, shape, layout == Layout.CHANNELS_FIRST ? 2 : 1, positions.length);
            return shape;
        }
    }

    private static final List<Workload> WORKLOADS = List.of(
            new Workload(32, 2, 320, 64, 64),
            new Workload(32, 8, 64, 112, 112),
            new Workload(32, 2, 1280, 8, 8),
            new Workload(32, 8, 2048, 7, 7),
            new Workload(32, 2, 256, 200, 336),
            new Workload(32, 1, 128, 512, 512),
            new Workload(1, 1, 64, 512, 512),
            new Workload(2, 2, 30, 1, 1));
    private static final List<ElementType> TYPES =
            List.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16);
    private static final double SECONDS_PER_WORKLOAD = 4;

    private ForwardAgainstCopy() {}

    public static void main(String[] arguments) {
        try (Backend backend = Backend.open(arguments.length > 0 ? arguments[0] : null)) {
            System.out.println(backend.device().description());
            for (Workload workload : WORKLOADS) {
                measure(backend, workload);
            }
        }
    }

    private static void measure(Backend backend, Workload workload) {
        long[] first = workload.shape(Layout.CHANNELS_FIRST);
        int elements = (int) Arrays.stream(first).reduce(1, (a, b) -> a * b);
        float[] x = new float[elements];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < elements; i++) {
            x[i] = (float) (10 + random.nextDouble());
        }
        List<Tensor> tensors = new ArrayList<>();
        Map<String, Runnable> contestants = new LinkedHashMap<>();
        Map<String, Double> errors = new LinkedHashMap<>();
        for (ElementType type : TYPES) {
            for (Layout layout : Layout.values()) {
                long[] shape = workload.shape(layout);
                Tensor input = backend.tensor(type, x, shape);
                Tensor output = backend.empty(type, shape);
                tensors.addAll(List.of(input, output));
                Options options = Options.DEFAULTS.layout(layout).output(output);
                String name = type + " " + layout;
                contestants.put(name, () -> {
                    Normalized result = Functional.groupNorm(input, workload.groups, null, null, 1e-5, options);
                    backend.finish();
                    result.saved().close();
                });
                contestants.get(name).run();
                double[] seen = input.toDoubles();
                errors.put(name, error(
                        output.toDoubles(),
                        Reference.groupNorm(shape, layout, workload.groups).normalize(i -> seen[i])));
            }
        }
        boolean cpu = backend.device().maxWorkGroupSize() > 0 && backend.device().type().word().equals("cpu");
        for (boolean past : new boolean[] {false, true}) {
            for (long part : new long[] {1 << 12, 1 << 16, 1 << 20}) {
                Copy.Plan copy = new Copy.Plan(cpu ? 1 : 256, cpu ? 16 : 4, part, past);
                contestants.put("copy, parts of " + part + (past ? ", non-temporal" : ""), () -> {
                    Copy.enqueue(backend.session(), copy, tensors.get(0).buffer(), tensors.get(1).buffer());
                    backend.finish();
                });
            }
        }
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
        double copy = times.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("copy"))
                .mapToDouble(entry -> median(entry.getValue()))
                .min()
                .orElseThrow();
        double base = median(times.get("float32 channels_first"));
        System.out.printf("%n%s in %d groups; copy %.0f us%n", Arrays.toString(first), workload.groups, copy / 1e3);
        errors.forEach((name, error) -> System.out.printf(
                "%-24s %8.0f us  %5.2f of the copy  %5.2f of float32 channels_first  largest error %.2e%n",
                name, median(times.get(name)) / 1e3, median(times.get(name)) / copy, median(times.get(name)) / base, error));
        tensors.forEach(Tensor::close);
    }

    private static double error(double[] y, double[] expected) {
        double worst = 0;
        for (int i = 0; i < y.length; i++) {
            double error = Math.abs(y[i] - expected[i]) / (1 + Math.abs(expected[i]));
            worst = error <= worst ? worst : error;
        }
        return worst;
    }

    private static double median(List<Long> times) {
        return times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow();
    }
}
