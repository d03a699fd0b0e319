package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Devices, geometries and random problems for which chosen plans are recorded. */
public final class PlanGrid {

    private PlanGrid() {}

    /** Devices of every kind that plans depend on, by name. */
    public static Map<String, DeviceInfo> devices() {
        Map<String, DeviceInfo> devices = new LinkedHashMap<>();
        devices.put("CPU, 2 units", TestInfo.CPU);
        devices.put("CPU, 16 units, small local memory", cpu(16, "localMemory", 32L << 10));
        devices.put("CPU, 128 units, 32 MiB cache", cpu(128, "globalCache", 32L << 20));
        devices.put("Intel CPU, 4 units", cpu(4, "name", "Intel(R) Xeon(R)"));
        devices.put("CPU, work-groups of 1", cpu(2, "maxWorkGroupSize", 1));
        devices.put("llvmpipe, 2 units", TestInfo.with(cpu(2, "name", "llvmpipe (LLVM 15)"), "localMemory", 32L << 10));
        devices.put("GPU, 24 units, work-groups of 256", gpu(24, 256, 64 << 10));
        devices.put("GPU, 32 units", TestInfo.GPU);
        devices.put("GPU, 132 units", gpu(132, 1024, 48 << 10));
        devices.put("GPU, 512 units", gpu(512, 1024, 64 << 10));
        devices.put("GPU, work-groups of 7", gpu(32, 7, 48 << 10));
        devices.put("GPU, 16 KiB local memory", gpu(8, 512, 16 << 10));
        return devices;
    }

    private static DeviceInfo cpu(int units, String component, Object value) {
        return TestInfo.with(TestInfo.with(TestInfo.CPU, "computeUnits", units), component, value);
    }

    private static DeviceInfo gpu(int units, int workGroup, long localMemory) {
        DeviceInfo sized = TestInfo.with(TestInfo.GPU, "computeUnits", units);
        return TestInfo.with(TestInfo.with(sized, "maxWorkGroupSize", workGroup), "localMemory", localMemory);
    }

    /** The sets of layers in networks, and awkward ones, by name. */
    public static Map<String, Geometry> geometries() {
        Map<String, Geometry> all = new LinkedHashMap<>();
        long[][] groupNorms = {
            {2, 320, 4096, 32},
            {1, 128, 262_144, 32},
            {8, 64, 12_544, 32},
            {8, 2048, 49, 32},
            {2, 1280, 64, 32},
            {1, 64, 262_144, 1},
            {4, 8, 15, 2},
            {2, 30, 1, 2},
            {1, 6, 7, 3},
            {64, 32, 16, 4},
            {3, 5, 100_003, 1}
        };
        for (long[] n : groupNorms) {
            String name = n[0] + "x" + n[1] + "x" + n[2] + " G=" + n[3];
            long channels = n[1] / n[3];
            all.put("group_norm " + name, new Geometry(n[0], 1, n[3], channels * n[2], n[2]));
            all.put("group_norm last " + name, new Geometry(n[0], n[2], n[3], channels, 1));
        }
        long[][] rows = {{8192, 1024}, {512, 12_288}, {4096, 768}, {1, 1_000_000}, {10_000, 6}, {197, 64}, {40, 3001}};
        for (long[] n : rows) {
            all.put("layer_norm " + n[0] + "x" + n[1], new Geometry(n[0], 1, 1, n[1], 1));
        }
        long[][] batches = {{32, 64, 3136}, {7, 12, 25}, {1024, 32, 196}, {4, 16, 1}, {256, 512, 1}, {2, 3, 40_000}};
        for (long[] n : batches) {
            String name = n[0] + "x" + n[1] + "x" + n[2];
            all.put("batch_norm " + name, new Geometry(1, n[0], n[1], n[2], n[2]));
            all.put("batch_norm last " + name, new Geometry(1, n[0] * n[2], n[1], 1, 1));
        }
        long[][] instances = {{1, 64, 65_536}, {16, 3, 100}, {4, 512, 784}};
        for (long[] n : instances) {
            String name = n[0] + "x" + n[1] + "x" + n[2];
            all.put("instance_norm " + name, new Geometry(n[0], 1, n[1], n[2], n[2]));
            all.put("instance_norm last " + name, new Geometry(n[0], n[2], n[1], 1, 1));
        }
        return all;
    }

    /** A random geometry of any operation in any layout; at most about 2^27 elements. */
    public static Geometry geometry(SplittableRandom random) {
        while (true) {
            long samples = upTo(random, 14);
            long groups = 1L << random.nextInt(7);
            long channels = upTo(random, 5);
            long positions = upTo(random, 17);
            Geometry geometry =
                    switch (random.nextInt(5)) {
                        case 0 -> new Geometry(samples, 1, groups, channels * positions, positions);
                        case 1 -> new Geometry(samples, positions, groups, channels, 1);
                        case 2 -> new Geometry(1, samples, groups * channels, positions, positions);
                        case 3 -> new Geometry(1, samples * positions, groups * channels, 1, 1);
                        default -> new Geometry(samples, 1, 1, positions, 1);
                    };
            if (geometry.elements() <= 1L << 27) {
                return geometry;
            }
        }
    }

    /** As often below 2, 4, 8 and so on. */
    private static long upTo(SplittableRandom random, int bits) {
        return 1 + random.nextLong(1L << random.nextInt(bits + 1));
    }

    /** A random forward pass. */
    public static ForwardProblem forward(SplittableRandom random) {
        return ForwardProblem.of(geometry(random), statistics(random), type(random));
    }

    /** A random backward pass for some of its gradients. */
    public static BackwardProblem backward(SplittableRandom random) {
        Geometry geometry = geometry(random);
        int wanted = random.nextInt(3) == 0 ? 1 + random.nextInt(7) : 7;
        Activation activation = random.nextInt(4) == 0 ? Activation.SILU : Activation.NONE;
        return backward(
                geometry,
                statistics(random),
                type(random),
                activation,
                (wanted & 1) != 0,
                (wanted & 2) != 0,
                (wanted & 4) != 0);
    }

    /** A forward pass with nothing beside the normalization. */
    public static ForwardProblem forward(Geometry geometry) {
        return ForwardProblem.of(geometry, Statistics.MEAN_AND_VARIANCE, ElementType.FLOAT32);
    }

    /** A backward pass for all gradients. */
    public static BackwardProblem backward(Geometry geometry) {
        return backward(geometry, Statistics.MEAN_AND_VARIANCE, ElementType.FLOAT32, Activation.NONE, true, true, true);
    }

    private static BackwardProblem backward(
            Geometry geometry,
            Statistics statistics,
            ElementType type,
            Activation activation,
            boolean input,
            boolean weight,
            boolean bias) {
        return new BackwardProblem(
                geometry, statistics, type, type.accumulator(), activation, false, input, weight, bias);
    }

    private static Statistics statistics(SplittableRandom random) {
        return random.nextInt(6) == 0
                ? Statistics.GIVEN
                : random.nextInt(4) == 0 ? Statistics.MEAN_SQUARE : Statistics.MEAN_AND_VARIANCE;
    }

    private static ElementType type(SplittableRandom random) {
        return ElementType.values()[random.nextInt(ElementType.values().length)];
    }
}
