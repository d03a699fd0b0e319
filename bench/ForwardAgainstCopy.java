import io.github.clnorm.Backend;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.plan.PlanRules;
import io.github.clnorm.reference.ReferenceGroupNorm;
import io.github.clnorm.runtime.Copy;
import io.github.clnorm.runtime.DeviceBuffer;
import io.github.clnorm.runtime.Forward;
import io.github.clnorm.runtime.Session;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Group normalization forward next to a copy of the same size: the heuristic's plan, other plans, and the copy, in turn,
 * round after round. Prints medians from enqueue to finished, the ratio to the best copy, and the largest error.
 *
 * <p>Run from the top of the project, after a build:
 * {@code java -Djava.library.path=target/native/lib -cp target/clnorm.jar bench/ForwardAgainstCopy.java [SELECTOR]}
 */
public final class ForwardAgainstCopy {

    private static final long[][] SHAPES = {
        {2, 320, 64, 64}, {1, 128, 512, 512}, {1, 64, 512, 512}, {2, 1280, 8, 8}, {8, 64, 112, 112}, {8, 2048, 7, 7},
        {2, 256, 200, 336}, {2, 30, 1, 1}
    };
    private static final long[] GROUPS = {32, 32, 1, 32, 32, 32, 32, 2};
    private static final double SECONDS_PER_SHAPE = 3;

    private ForwardAgainstCopy() {}

    public static void main(String[] arguments) {
        try (Backend backend = Backend.open(arguments.length > 0 ? arguments[0] : null)) {
            System.out.println(backend.device().description());
            for (int i = 0; i < SHAPES.length; i++) {
                measure(backend.session(), SHAPES[i], GROUPS[i]);
            }
        }
    }

    private static void measure(Session session, long[] shape, long groups) {
        Geometry geometry = GroupNormGeometry.of(shape, groups);
        int elements = (int) geometry.elements();
        float[] x = new float[elements];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < elements; i++) {
            x[i] = (float) (10 + random.nextDouble());
        }
        DeviceBuffer input = session.allocate(4L * elements);
        DeviceBuffer output = session.allocate(4L * elements);
        session.write(input, FloatBuffer.wrap(x));
        Map<String, Runnable> contestants = new LinkedHashMap<>();
        Plan heuristic = session.planner().plan(geometry);
        contestants.put("* " + heuristic, run(session, geometry, heuristic, input, output));
        for (Plan plan : others(geometry, heuristic)) {
            if (!plan.equals(heuristic) && PlanRules.problem(plan, geometry, session.device()).isEmpty()) {
                contestants.put("  " + plan, run(session, geometry, plan, input, output));
            }
        }
        for (boolean past : new boolean[] {false, true}) {
            for (long part : new long[] {1 << 12, 1 << 16, 1 << 20}) {
                Copy.Plan copy = new Copy.Plan(heuristic.workGroupSize(), heuristic.vectorWidth(), part, past);
                contestants.put("  copy" + (past ? ", non-temporal" : "") + ", parts of " + part, () -> {
                    Copy.enqueue(session, copy, input, output);
                    session.finish();
                });
            }
        }
        Map<String, List<Long>> times = new LinkedHashMap<>();
        contestants.forEach((name, action) -> {
            action.run();
            action.run();
            times.put(name, new ArrayList<>());
        });
        long end = System.nanoTime() + (long) (SECONDS_PER_SHAPE * 1e9);
        while (System.nanoTime() < end) {
            contestants.forEach((name, action) -> {
                long start = System.nanoTime();
                action.run();
                times.get(name).add(System.nanoTime() - start);
            });
        }
        double copy = times.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("  copy"))
                .mapToDouble(entry -> median(entry.getValue()))
                .min()
                .orElseThrow();
        contestants.values().iterator().next().run();
        System.out.printf("%n%s in %d groups, largest error %.2e%n", Arrays.toString(shape), groups, error(session, output, x, shape, groups));
        times.forEach((name, list) -> System.out.printf("%8.0f us %7.2f GB/s  x %.2f of the copy  %s%n",
                median(list) / 1e3, 8.0 * elements / median(list), median(list) / copy, name));
        input.close();
        output.close();
    }

    private static List<Plan> others(Geometry geometry, Plan like) {
        int group = like.workGroupSize();
        int width = like.vectorWidth();
        List<Plan> plans = new ArrayList<>();
        for (boolean past : new boolean[] {false, true}) {
            plans.add(Plan.resident(group, width).withNonTemporal(past));
            plans.add(Plan.split(group, width, Math.max(1, geometry.blocksPerSet() / 16)).withNonTemporal(past));
            plans.add(Plan.split(group, width, Math.max(1, geometry.blocksPerSet() / 4)).withNonTemporal(past));
            plans.add(Plan.split(group, width, Math.max(1, geometry.blocksPerSet() / 64)).withMergeOnce(true).withNonTemporal(past));
        }
        plans.add(Plan.packed(group, width, 4));
        return plans;
    }

    private static Runnable run(Session session, Geometry geometry, Plan plan, DeviceBuffer input, DeviceBuffer output) {
        Forward.Buffers buffers = new Forward.Buffers(input, null, null, output, null, null);
        return () -> {
            Forward.enqueue(session, geometry, plan, buffers, 1e-5f);
            session.finish();
        };
    }

    private static double error(Session session, DeviceBuffer output, float[] x, long[] shape, long groups) {
        float[] y = new float[x.length];
        session.read(output, FloatBuffer.wrap(y));
        double[] expected = new ReferenceGroupNorm(x, shape, groups, null, null, 1e-5).normalize();
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
