package io.github.clnorm.internal.runtime;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;

/** Tensors that go through the device in parts have the bits of tensors that go through at once. */
@Tag("device")
class StreamedPassTest {

    private static final Combination[] COMBINATIONS = Combination.values();
    private static final long LEAST = 1024;

    @OnEveryDevice
    void partsHaveTheBitsOfTheWhole(Backend backend) {
        int seeds = TestDevices.isSlow(backend) ? 4 : 24;
        for (int seed = 0; seed < seeds; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Combination combination = COMBINATIONS[
                    random.nextInt(COMBINATIONS.length - (backend.device().fp64() ? 0 : 1))];
            Operation operation = operation(random);
            Trial trial = random.nextInt(3) > 0
                    ? combination.of(operation, seed)
                    : combination.withoutParameters(operation, seed);
            long most = LEAST + random.nextInt(3) * random.nextInt(20_000);
            String what = "seed " + seed + ", parts of " + most + ": " + trial + " on "
                    + backend.device().description();
            PlanRun.assertSameBits(
                    trial.run(backend.session()), StreamRun.forward(backend.session(), trial, most), what);
            GradientTrial gradients = GradientTrial.of(trial);
            if (random.nextInt(4) == 0) {
                gradients = gradients.wanted(random.nextBoolean(), random.nextBoolean(), true);
            }
            GradientRun.assertSameBits(
                    gradients.run(backend.session()),
                    StreamRun.backward(backend.session(), gradients, most),
                    what + ", gradients");
        }
    }

    private static Operation operation(SplittableRandom random) {
        int rank = 2 + random.nextInt(4);
        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++) {
            shape[i] = 1 + random.nextInt(rank == 2 ? 1500 : rank == 3 ? 150 : 24);
        }
        if (random.nextInt(3) == 0) {
            shape[rank - 1] = 1 + random.nextInt(5000);
        }
        Layout layout = Layout.values()[random.nextInt(2)];
        int axis = layout.channelAxis(rank);
        shape[0] = Math.min(shape[0], random.nextInt(3) == 0 ? 400 : 6) + 1;
        while (Arrays.stream(shape).reduce(1, (a, b) -> a * b) > 400_000) {
            int longest = 0;
            for (int i = 0; i < rank; i++) {
                longest = shape[i] > shape[longest] ? i : longest;
            }
            shape[longest] = (shape[longest] + 1) / 2;
        }
        return switch (random.nextInt(6)) {
            case 0 -> {
                long groups = 1 + random.nextInt(4);
                shape[axis] = groups * Math.max(1, shape[axis] / groups);
                yield Operation.groupNorm(layout, groups, shape);
            }
            case 1 -> Operation.instanceNorm(layout, shape);
            case 2 -> Operation.batchNorm(layout, shape);
            case 3 -> Operation.evaluation(layout, shape);
            case 4 -> Operation.layerNorm(shape, last(shape, random));
            default -> Operation.rmsNorm(shape, last(shape, random));
        };
    }

    private static long[] last(long[] shape, SplittableRandom random) {
        return Arrays.copyOfRange(shape, 1 + random.nextInt(shape.length - 1), shape.length);
    }
}
