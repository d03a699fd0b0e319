package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.stream.StreamDevices;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.function.Executable;

/** Tensors that go through the device in parts have the bits of tensors that go through at once. */
@Tag("device")
@Tag("slow")
class StreamedPassTest {

    private static final Combination[] COMBINATIONS = Combination.values();
    private static final long LEAST = 1024;

    @OnEveryDevice
    void partsHaveTheBitsOfTheWhole(Backend backend) {
        int seeds = TestDevices.isSlow(backend) ? 6 : Integer.getInteger("seeds", 24);
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
            check(backend.session(), StreamDevices.of(backend.session()), trial, most, what);
            GradientTrial gradients = GradientTrial.of(trial);
            if (random.nextInt(4) == 0) {
                gradients = gradients.wanted(random.nextBoolean(), random.nextBoolean(), true);
            }
            check(backend.session(), StreamDevices.of(backend.session()), gradients, most, what);
        }
    }

    @OnEveryDevice
    void severalDevicesHaveTheBitsOfOne(Backend backend) {
        try (Session second = open(backend, UnaryOperator.identity());
                Session third = open(backend, UnaryOperator.identity())) {
            for (Trial trial : largeTrials()) {
                StreamDevices devices = new StreamDevices(List.of(backend.session(), second, third), 1, 1, 1);
                check(backend.session(), devices, trial, LEAST, trial.toString());
                check(backend.session(), devices, GradientTrial.of(trial), LEAST, trial.toString());
                assertEquals(
                        2L * trial.x().length,
                        devices.elements(backend.session()) + devices.elements(second) + devices.elements(third));
                assertTrue(devices.elements(second) > 0, trial.toString());
            }
        }
    }

    @OnEveryDevice
    void partsOfADeviceThatFailsAreComputedByTheOthers(Backend backend) {
        for (Trial trial : largeTrials()) {
            for (String call : List.of("enqueue", "write", "createBuffer", "read")) {
                FaultyOpenCl[] faulty = new FaultyOpenCl[1];
                try (Session second = open(backend, real -> {
                    faulty[0] = new FaultyOpenCl(real);
                    return faulty[0].port();
                })) {
                    for (int number = 1; number < 20; number += 6) {
                        faulty[0].fail(call, number);
                        StreamDevices devices = new StreamDevices(List.of(second, backend.session()), 1, 1);
                        String what = trial + ", " + call + " " + number + " fails";
                        check(backend.session(), devices, trial, LEAST, what);
                        check(backend.session(), devices, GradientTrial.of(trial), LEAST, what);
                        boolean failed = faulty[0].count(call) >= number;
                        assertEquals(failed, devices.failures().get(0) != null, what);
                        assertNull(devices.failures().get(1), what);
                    }
                    faulty[0].heal();
                    second.trim();
                    assertEquals(0, second.openBuffers(), trial + ", " + call);
                }
            }
        }
    }

    @OnEveryDevice
    void theFailureOfTheOnlyDeviceIsThrown(Backend backend) {
        FaultyOpenCl[] faulty = new FaultyOpenCl[1];
        try (Session only = open(backend, real -> {
            faulty[0] = new FaultyOpenCl(real);
            return faulty[0].port();
        })) {
            faulty[0].fail("enqueue", 2);
            Trial trial = largeTrials().get(0);
            assertThrows(ClException.class, () -> StreamRun.forward(StreamDevices.of(only), trial, LEAST));
        }
    }

    @OnEveryDevice
    void aSetWhoseSumsDoNotFitIsRefusedBeforeItIsRead(Backend backend) {
        DeviceInfo small = TestInfo.with(backend.device(), "maxBuffer", 40L);
        Trial trial = largeTrials().get(0);
        try (Session session = new Session(DevicePort.open(backend.device(), true), small)) {
            StreamDevices devices = StreamDevices.of(session);
            for (Executable pass : List.<Executable>of(
                    () -> StreamRun.forward(devices, trial, LEAST),
                    () -> StreamRun.backward(devices, GradientTrial.of(trial), LEAST))) {
                String message =
                        assertThrows(IllegalArgumentException.class, pass).getMessage();
                assertTrue(message.contains("the sums of the blocks of one set take"), message);
                assertTrue(message.contains("more than the 40"), message);
            }
        }
    }

    /** The sums of 700 blocks exceed the buffers of a device that takes sections of 1024 elements. */
    @OnEveryDevice
    void aDeviceThatCannotMergeLeavesItToOneThatCan(Backend backend) {
        Trial trial = Combination.FLOAT32.of(Operation.groupNorm(Layout.CHANNELS_FIRST, 1, 1, 2, 358_000), 4);
        try (Session small = new Session(
                DevicePort.open(backend.device(), true), TestInfo.with(backend.device(), "maxBuffer", 5000L))) {
            for (List<Session> order : List.of(List.of(small, backend.session()), List.of(backend.session(), small))) {
                StreamDevices devices = new StreamDevices(order, 0.5, 0.5);
                check(backend.session(), devices, trial, LEAST, trial.toString());
                check(backend.session(), devices, GradientTrial.of(trial), LEAST, trial.toString());
                assertTrue(devices.elements(small) > 0, "the small device computed sections");
                assertEquals(Arrays.asList(null, null), devices.failures());
            }
            StreamDevices alone = new StreamDevices(List.of(small, small), 0.5, 0.5);
            IllegalArgumentException rejected =
                    assertThrows(IllegalArgumentException.class, () -> StreamRun.forward(alone, trial, LEAST));
            assertTrue(rejected.getMessage().contains("more than the 5000"), rejected.getMessage());
        }
    }

    private static List<Trial> largeTrials() {
        return List.of(
                Combination.FLOAT32.of(Operation.groupNorm(Layout.CHANNELS_FIRST, 2, 2, 4, 3000), 1),
                Combination.FLOAT32.of(Operation.batchNorm(Layout.CHANNELS_LAST, 40, 30, 11), 2),
                Combination.FLOAT32.of(Operation.layerNorm(new long[] {9, 2500}, 2500), 3));
    }

    private static Session open(Backend backend, UnaryOperator<OpenCl> port) {
        return new Session(port.apply(DevicePort.open(backend.device(), true)), backend.device());
    }

    private static void check(Session session, StreamDevices devices, Trial trial, long most, String what) {
        PlanRun.assertSameBits(trial.run(session), StreamRun.forward(devices, trial, most), what);
    }

    private static void check(Session session, StreamDevices devices, GradientTrial trial, long most, String what) {
        GradientRun.assertSameBits(trial.run(session), StreamRun.backward(devices, trial, most), what + ", gradients");
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
