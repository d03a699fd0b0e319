package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.internal.fleet.ShareStore;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.runtime.Planner;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import io.github.clnorm.type.Tuning;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fleets of backends on one device, and of unlike devices: bits, shares, channels and bad input. */
@Tag("device")
@SuppressWarnings("try")
class FleetTest {

    private static final long SMALL_PIECES = 256;

    @TempDir
    private Path folder;

    private final List<Backend> backends = new ArrayList<>();

    @BeforeEach
    void open() {
        DeviceInfo device = TestDevices.first().device();
        for (int i = 0; i < 3; i++) {
            backends.add(Backend.open(device, Tuning.OFF));
        }
    }

    @AfterEach
    void close() {
        backends.forEach(Backend::close);
    }

    private Fleet fleet(double... weights) {
        return fleet(backends.subList(0, weights.length)).weights(weights);
    }

    private Fleet fleet(List<Backend> of) {
        return Fleet.of(of, Fleet.SameDevice.ALLOWED, ShareStore.at(folder.resolve("fleet.json")))
                .leastPiece(SMALL_PIECES);
    }

    private static ByteBuffer input(ElementType type, long seed, long... shape) {
        int elements = Math.toIntExact(Shapes.elements(shape));
        ByteBuffer bytes = memory(type, shape);
        Codec.encode(type, Values.normal(type, seed, elements, 1, 2), 0, bytes);
        return bytes;
    }

    private static ByteBuffer memory(ElementType type, long... shape) {
        return ByteBuffer.allocateDirect(Math.toIntExact(Shapes.elements(shape)) * type.bytes())
                .order(ByteOrder.nativeOrder());
    }

    /** The result of a single device. */
    private static ByteBuffer alone(Backend backend, NormSpec spec, ElementType type, ByteBuffer x, long... shape) {
        ByteBuffer y = memory(type, shape);
        try (Layer layer = spec.on(backend, type);
                Tensor input = backend.tensor(type, x, shape);
                Tensor output = layer.infer(input)) {
            output.get(y);
        }
        return y;
    }

    private record Problem(NormSpec spec, long... shape) {}

    private static float[] values(SplittableRandom random, long count) {
        return Values.normal(random.nextLong(), (int) count, 0.5, 1);
    }

    /** An operation, a layout, a shape and parameters. */
    private static Problem problem(SplittableRandom random) {
        long samples = random.nextLong(1, 40);
        long groups = random.nextLong(1, 5);
        long channels = groups * random.nextLong(1, 7);
        long positions = random.nextLong(2, 90);
        Layout layout = random.nextBoolean() ? Layout.CHANNELS_FIRST : Layout.CHANNELS_LAST;
        long[] shape = layout == Layout.CHANNELS_FIRST
                ? new long[] {samples, channels, positions}
                : new long[] {samples, positions, channels};
        Activation activation = Activation.values()[random.nextInt(Activation.values().length)];
        return switch (random.nextInt(5)) {
            case 0 -> new Problem(
                    NormSpec.groupNorm(groups, channels)
                            .weight(values(random, channels))
                            .bias(values(random, channels))
                            .activation(activation)
                            .layout(layout),
                    shape);
            case 1 -> new Problem(
                    NormSpec.layerNorm(positions)
                            .weight(values(random, positions))
                            .activation(activation),
                    samples,
                    channels,
                    positions);
            case 2 -> new Problem(NormSpec.rmsNorm(channels, positions), samples, channels, positions);
            case 3 -> new Problem(NormSpec.instanceNorm(channels).layout(layout).activation(activation), shape);
            default -> new Problem(
                    NormSpec.batchNorm(channels)
                            .training(false)
                            .runningMean(values(random, channels))
                            .runningVar(Values.constant((int) channels, 2))
                            .layout(layout),
                    shape);
        };
    }

    @Test
    void twoAndThreeBackendsOnOneDeviceGiveTheBitsOfOne() {
        SplittableRandom random = new SplittableRandom(19);
        List<Fleet> fleets = List.of(fleet(0.5, 0.5), fleet(0.2, 0.8), fleet(0.5, 0.2, 0.3));
        for (int round = 0; round < 60; round++) {
            Problem problem = problem(random);
            ElementType type = ElementType.values()[random.nextInt(4)];
            if (type == ElementType.FLOAT64 && !backends.get(0).device().fp64()) {
                continue;
            }
            ByteBuffer x = input(type, round, problem.shape);
            ByteBuffer y = memory(type, problem.shape);
            fleets.get(round % 3).normalize(problem.spec, type, x, y, problem.shape);
            assertEquals(
                    alone(backends.get(0), problem.spec, type, x, problem.shape),
                    y,
                    "round " + round + ": " + problem.spec + " " + type + " " + Arrays.toString(problem.shape));
        }
    }

    @Test
    void buffersOfAnyKindAndChannelsGiveTheSameBits() {
        NormSpec spec = NormSpec.groupNorm(2, 6).activation(Activation.SILU);
        long[] shape = {23, 6, 35};
        ByteBuffer x = input(ElementType.FLOAT32, 1, shape);
        ByteBuffer expected = alone(backends.get(0), spec, ElementType.FLOAT32, x, shape);
        float[] values = new float[x.remaining() / Float.BYTES];
        x.asFloatBuffer().get(values);
        byte[] bytes = new byte[x.remaining()];
        x.duplicate().get(bytes);
        // Not at its beginning, and not at a multiple of an element's size.
        ByteBuffer odd = ByteBuffer.allocateDirect(bytes.length + 1).order(ByteOrder.nativeOrder());
        odd.position(1).put(bytes).position(1);
        FloatBuffer within = FloatBuffer.allocate(values.length + 7)
                .position(3)
                .put(values)
                .flip()
                .position(3);
        List<Buffer> sources = List.of(
                x,
                x.asReadOnlyBuffer().order(ByteOrder.nativeOrder()),
                x.asFloatBuffer(),
                odd,
                FloatBuffer.wrap(values),
                within,
                ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()));
        try (Fleet fleet = fleet(0.3, 0.3, 0.4)) {
            for (Buffer source : sources) {
                float[] heap = new float[values.length];
                ByteBuffer direct = memory(ElementType.FLOAT32, shape);
                ByteArrayOutputStream stream = new ByteArrayOutputStream();
                WritableByteChannel channel = Channels.newChannel(stream);
                int position = source.position();
                fleet.normalize(spec, ElementType.FLOAT32, source, FloatBuffer.wrap(heap), shape);
                fleet.normalize(spec, ElementType.FLOAT32, source, direct, shape);
                FleetReport report = fleet.normalize(spec, ElementType.FLOAT32, source, channel, shape);
                assertEquals(position, source.position());
                assertEquals(expected.asFloatBuffer(), FloatBuffer.wrap(heap), source.toString());
                assertEquals(expected, direct, source.toString());
                assertEquals(expected, ByteBuffer.wrap(stream.toByteArray()), source.toString());
                assertEquals(23, report.samples());
            }
            ByteBuffer direct = memory(ElementType.FLOAT32, shape);
            ByteArrayInputStream longer = new ByteArrayInputStream(Arrays.copyOf(bytes, bytes.length + 3));
            fleet.normalize(spec, ElementType.FLOAT32, Channels.newChannel(longer), direct, shape);
            assertEquals(expected, direct);
            assertEquals(3, longer.available(), "bytes beyond the tensor are not read");
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            fleet.normalize(spec, ElementType.FLOAT32, channel(bytes), Channels.newChannel(stream), shape);
            assertEquals(expected, ByteBuffer.wrap(stream.toByteArray()));
        }
    }

    private static ReadableByteChannel channel(byte... bytes) {
        return Channels.newChannel(new ByteArrayInputStream(bytes));
    }

    @Test
    void weightsAndShapeSayWhichDeviceComputesWhichSample() {
        NormSpec spec = NormSpec.layerNorm(64);
        ByteBuffer x = input(ElementType.FLOAT32, 3, 40, 64);
        ByteBuffer y = memory(ElementType.FLOAT32, 40, 64);
        try (Fleet fleet = fleet(0.25, 0.75)) {
            FleetReport first = fleet.normalize(spec, ElementType.FLOAT32, x, y, 40, 64);
            FleetReport second = fleet.normalize(spec, ElementType.FLOAT32, x, y, 40, 64);
            assertEquals(10, first.devices().get(0).samples());
            assertEquals(30, first.devices().get(1).samples());
            assertEquals(2 * 30 * 64 * 4, first.devices().get(1).bytes());
            for (int sample = 0; sample < 40; sample++) {
                assertEquals(first.deviceOf(sample), second.deviceOf(sample));
            }
            assertThrows(IndexOutOfBoundsException.class, () -> first.deviceOf(40));
            assertTrue(first.recomputed().isEmpty());
            assertTrue(first.explain().contains("weight 0.250, 10 samples"), first.explain());
            assertTrue(fleet.explain(spec, ElementType.FLOAT32, 40, 64).contains("weight 0.75"));
            FleetReport few = fleet.normalize(
                    spec,
                    ElementType.FLOAT32,
                    input(ElementType.FLOAT32, 1, 1, 64),
                    memory(ElementType.FLOAT32, 1, 64),
                    1,
                    64);
            assertEquals(
                    "its share is less than one of 1 piece",
                    few.devices().get(0).leftOut());
        }
    }

    @Test
    void aSampleHasTheBitsOfTheDeviceThatComputesIt() {
        List<Backend> unlike = TestDevices.all().toList();
        double[] weights = new double[unlike.size()];
        Arrays.fill(weights, 1.0 / weights.length);
        NormSpec spec = NormSpec.groupNorm(2, 4).activation(Activation.GELU);
        long[] shape = {12, 4, 50};
        ByteBuffer x = input(ElementType.FLOAT32, 5, shape);
        ByteBuffer y = memory(ElementType.FLOAT32, shape);
        try (Fleet fleet = fleet(unlike).weights(weights)) {
            FleetReport report = fleet.normalize(spec, ElementType.FLOAT32, x, y, shape);
            for (int sample = 0; sample < 12; sample++) {
                ByteBuffer alone = alone(unlike.get(report.deviceOf(sample)), spec, ElementType.FLOAT32, x, shape);
                assertEquals(alone.slice(sample * 800, 800), y.slice(sample * 800, 800), "sample " + sample);
            }
        }
    }

    @Test
    void aSourceThatEndsEarlySaysWhatWasComputed() {
        NormSpec spec = NormSpec.layerNorm(64);
        byte[] bytes = new byte[40 * 64 * 4];
        ByteBuffer x = input(ElementType.FLOAT32, 3, 40, 64);
        x.duplicate().get(bytes);
        ByteBuffer whole = alone(backends.get(0), spec, ElementType.FLOAT32, x, 40, 64);
        try (Fleet fleet = fleet(0.4, 0.6)) {
            for (int rows : List.of(0, 1, 17, 39)) {
                ByteArrayOutputStream stream = new ByteArrayOutputStream();
                byte[] some = Arrays.copyOf(bytes, rows * 256 + 255);
                IllegalArgumentException e = assertThrows(
                        IllegalArgumentException.class,
                        () -> fleet.normalize(
                                spec, ElementType.FLOAT32, channel(some), Channels.newChannel(stream), 40, 64));
                assertTrue(e.getMessage().contains("ended after " + some.length + " of 10240 bytes"), e.getMessage());
                // Pieces are of eight rows: two for the device with the smaller weight.
                int computed = rows / 8 * 8;
                assertTrue(
                        e.getMessage().contains(": " + computed + " samples of 40 were computed and written"),
                        e.getMessage());
                assertEquals(whole.slice(0, computed * 256), ByteBuffer.wrap(stream.toByteArray()));
            }
        }
    }

    @Test
    void aChannelThatFailsEndsThePass() {
        WritableByteChannel full = new WritableByteChannel() {
            @Override
            public int write(ByteBuffer from) throws java.io.IOException {
                throw new java.io.IOException("disk full");
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };
        try (Fleet fleet = fleet(0.4, 0.6)) {
            ByteBuffer x = input(ElementType.FLOAT32, 3, 40, 64);
            java.io.UncheckedIOException e = assertThrows(
                    java.io.UncheckedIOException.class,
                    () -> fleet.normalize(NormSpec.layerNorm(64), ElementType.FLOAT32, x, full, 40, 64));
            assertTrue(e.getMessage().contains("disk full"));
        }
    }

    @Test
    void statisticsOfTheBatchHaveTheBitsOfOneDevice() {
        long[] shape = {9, 6, 350};
        NormSpec spec = NormSpec.batchNorm(6).weight(Values.normal(1, 6, 1, 1)).activation(Activation.SILU);
        ByteBuffer x = input(ElementType.FLOAT32, 5, shape);
        byte[] bytes = new byte[x.remaining()];
        x.duplicate().get(bytes);
        ByteBuffer expected = alone(backends.get(0), spec, ElementType.FLOAT32, x, shape);
        try (Fleet fleet = fleet(0.4, 0.3, 0.3)) {
            ByteBuffer y = memory(ElementType.FLOAT32, shape);
            FleetReport report = fleet.normalize(spec, ElementType.FLOAT32, x, y, shape);
            assertEquals(expected, y);
            assertEquals(
                    9 * 6 * 350,
                    report.devices().stream()
                            .mapToLong(FleetReport.Device::elements)
                            .sum());
            assertThrows(IndexOutOfBoundsException.class, () -> report.deviceOf(0));
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            fleet.normalize(spec, ElementType.FLOAT32, channel(bytes), Channels.newChannel(stream), shape);
            assertEquals(expected, ByteBuffer.wrap(stream.toByteArray()));
            assertTrue(rejected(() -> fleet.normalize(
                            spec, ElementType.FLOAT32, channel(new byte[100]), Channels.newChannel(stream), shape))
                    .contains("ended after 100 of 75600 bytes"));
        }
    }

    @Test
    void samplesThatNoDeviceHoldsHaveTheBitsOfALargerDevice() {
        DeviceInfo device = TestDevices.first().device();
        DeviceInfo small = TestInfo.with(device, "globalMemory", 64L << 10);
        long[] shape = {3, 4, 5000};
        NormSpec spec = NormSpec.groupNorm(2, 4).weight(Values.normal(1, 4, 1, 1));
        ByteBuffer x = input(ElementType.FLOAT32, 5, shape);
        ByteBuffer y = memory(ElementType.FLOAT32, shape);
        try (Backend one = new Backend(new Session(DevicePort.open(device, false), small));
                Backend two = new Backend(new Session(DevicePort.open(device, false), small));
                Fleet fleet = fleet(List.of(one, two)).weights(0.5, 0.5)) {
            FleetReport report = fleet.normalize(spec, ElementType.FLOAT32, x, y, shape);
            assertEquals(alone(backends.get(0), spec, ElementType.FLOAT32, x, shape), y);
            assertTrue(report.devices().get(0).elements() > 0);
            assertTrue(report.devices().get(1).elements() > 0);
        }
        // A device that holds a sample takes all.
        try (Backend one = new Backend(new Session(DevicePort.open(device, false), small));
                Fleet fleet = fleet(List.of(one, backends.get(1))).weights(0.5, 0.5)) {
            FleetReport report = fleet.normalize(spec, ElementType.FLOAT32, x, y, shape);
            assertTrue(report.devices().get(0).leftOut().contains("one sample takes 80000 bytes"), report.explain());
            assertEquals(3, report.devices().get(1).samples());
        }
    }

    @Test
    void storesOfAPieceBypassTheCacheIfThoseOfTheWholeDo() {
        DeviceInfo device = TestDevices.first().device();
        DeviceInfo small = TestInfo.with(device, "globalCache", 8L << 10);
        long[] shape = {20, 4, 50};
        NormSpec spec = NormSpec.groupNorm(2, 4);
        ByteBuffer x = input(ElementType.FLOAT32, 5, shape);
        ByteBuffer y = memory(ElementType.FLOAT32, shape);
        try (Backend backend = new Backend(new Session(DevicePort.open(device, false), small));
                Fleet fleet = fleet(List.of(backend)).weights(1)) {
            ForwardProblem whole = new FleetRequest(spec, ElementType.FLOAT32, shape).problem();
            ForwardProblem piece = new FleetRequest(spec, ElementType.FLOAT32, 4, 4, 50).problem();
            Planner planner = backend.session().planner();
            assertFalse(planner.plan(piece).nonTemporal());
            assertEquals(
                    planner.plan(whole).nonTemporal(),
                    planner.planOfPart(piece, whole).nonTemporal());
            fleet.normalize(spec, ElementType.FLOAT32, x, y, shape);
        }
        assertEquals(alone(backends.get(0), spec, ElementType.FLOAT32, x, shape), y);
    }

    private static String rejected(Runnable call) {
        return assertThrows(IllegalArgumentException.class, call::run).getMessage();
    }

    @Test
    void badInputIsRejected() {
        assertTrue(rejected(() -> Fleet.of()).contains("got none"));
        assertTrue(rejected(() -> Fleet.of(backends.get(0), backends.get(1))).contains("SameDevice.ALLOWED"));
        assertTrue(rejected(() -> Fleet.of(List.of(backends.get(0), backends.get(0)), Fleet.SameDevice.ALLOWED))
                .contains("twice"));
        assertThrows(NullPointerException.class, () -> Fleet.of((Backend) null));
        assertThrows(NoDeviceException.class, () -> Fleet.open("no such device"));
        assertThrows(IllegalArgumentException.class, () -> Fleet.open("gpu,,cpu"));
        NormSpec spec = NormSpec.groupNorm(2, 4);
        ElementType type = ElementType.FLOAT32;
        try (Fleet fleet = fleet(0.5, 0.5)) {
            assertTrue(rejected(() -> fleet.weights(0.5, 0.4)).contains("is 0.9"));
            assertTrue(rejected(() -> fleet.weights(0, 1)).contains("greater than 0"));
            assertTrue(rejected(() -> fleet.weights(Double.NaN, 1)).contains("greater than 0"));
            assertTrue(rejected(() -> fleet.weights(1)).contains("for each of 2 devices"));
            assertTrue(rejected(() ->
                            fleet.normalize(spec, type, FloatBuffer.allocate(60), FloatBuffer.allocate(60), 3, 5, 4))
                    .contains("channels"));
            assertTrue(rejected(() ->
                            fleet.normalize(spec, type, FloatBuffer.allocate(60), FloatBuffer.allocate(60), 3, 4, 4))
                    .contains("takes 48 elements"));
            assertTrue(rejected(() ->
                            fleet.normalize(spec, type, FloatBuffer.allocate(48), FloatBuffer.allocate(47), 3, 4, 4))
                    .contains("has 47"));
            assertTrue(rejected(() -> fleet.normalize(
                            spec,
                            type,
                            FloatBuffer.allocate(48),
                            FloatBuffer.allocate(48).asReadOnlyBuffer(),
                            3,
                            4,
                            4))
                    .contains("read-only"));
            ByteBuffer direct = memory(type, 3, 4, 5);
            FloatBuffer heap = FloatBuffer.allocate(60);
            for (Stream<Buffer> same : List.of(
                    Stream.<Buffer>of(
                            direct.slice(0, 192).order(ByteOrder.nativeOrder()),
                            direct.slice(16, 192).order(ByteOrder.nativeOrder())),
                    Stream.<Buffer>of(heap.slice(0, 48), heap.slice(12, 48)))) {
                List<Buffer> two = same.toList();
                assertTrue(rejected(() -> fleet.normalize(spec, type, two.get(0), two.get(1), 3, 4, 4))
                        .contains("overlap"));
            }
            assertTrue(rejected(() -> fleet.layer(NormSpec.instanceNorm(4).trackRunningStats(true)))
                    .contains("running statistics"));
            assertTrue(rejected(() -> fleet.calibrate(spec, type, 0, 4, 4)).contains("no samples"));
            fleet.close();
            assertThrows(
                    IllegalStateException.class,
                    () -> fleet.normalize(spec, type, FloatBuffer.allocate(48), FloatBuffer.allocate(48), 3, 4, 4));
        }
        assertFalse(backends.get(0).session().isClosed(), "a caller's backend stays open");
    }

    @Test
    void aTensorWithoutSamplesNeedsNoDevice() {
        try (Fleet fleet = fleet(0.5, 0.5)) {
            FleetReport report = fleet.normalize(
                    NormSpec.groupNorm(2, 4),
                    ElementType.FLOAT32,
                    FloatBuffer.allocate(0),
                    FloatBuffer.allocate(0),
                    0,
                    4,
                    4);
            assertEquals(0, report.samples());
            assertEquals(0, report.devices().get(1).samples());
        }
    }

    @Test
    void weightsAreMeasuredOnceAndStored() {
        NormSpec spec = NormSpec.layerNorm(64);
        ByteBuffer x = input(ElementType.FLOAT32, 3, 40, 64);
        ByteBuffer y = memory(ElementType.FLOAT32, 40, 64);
        try (Fleet fleet = fleet(backends.subList(0, 2));
                Fleet later = fleet(backends.subList(0, 2))) {
            assertTrue(fleet.explain(spec, ElementType.FLOAT32, 40, 64).contains("not measured yet"));
            FleetWeights found = fleet.calibrate(spec, ElementType.FLOAT32, 40, 64);
            assertEquals(1, Arrays.stream(found.weights()).sum(), 1e-9);
            assertEquals(found.explain(), later.explain(spec, ElementType.FLOAT32, 40, 64));
            FleetReport report = later.normalize(spec, ElementType.FLOAT32, x, y, 40, 64);
            for (int i = 0; i < 2; i++) {
                assertEquals(found.weights()[i], report.devices().get(i).weight());
            }
        }
        assertEquals(alone(backends.get(0), spec, ElementType.FLOAT32, x, 40, 64), y);
    }

    @Test
    void theFirstPassMeasuresIfNothingIsStored() {
        NormSpec spec = NormSpec.layerNorm(64);
        ByteBuffer x = input(ElementType.FLOAT32, 3, 40, 64);
        ByteBuffer y = memory(ElementType.FLOAT32, 40, 64);
        try (Fleet fleet = fleet(backends.subList(0, 2))) {
            FleetReport first = fleet.normalize(spec, ElementType.FLOAT32, x, y, 40, 64);
            FleetReport second = fleet.normalize(spec, ElementType.FLOAT32, x, y, 40, 64);
            assertEquals(
                    first.devices().get(0).weight(), second.devices().get(0).weight());
            assertEquals(
                    first.devices().get(0).ranges(), second.devices().get(0).ranges());
        }
        assertEquals(alone(backends.get(0), spec, ElementType.FLOAT32, x, 40, 64), y);
    }

    @Test
    void passesOfSeveralThreadsRunOneAfterTheOther() throws Exception {
        NormSpec spec = NormSpec.groupNorm(2, 4);
        long[] shape = {30, 4, 50};
        try (Fleet fleet = fleet(0.5, 0.5)) {
            for (boolean virtual : Threads.kinds()) {
                Threads.eight(virtual, number -> {
                    ByteBuffer x = input(ElementType.FLOAT32, number, shape);
                    ByteBuffer expected = alone(backends.get(2), spec, ElementType.FLOAT32, x, shape);
                    byte[] bytes = new byte[x.remaining()];
                    x.duplicate().get(bytes);
                    for (int round = 0; round < 5; round++) {
                        ByteBuffer y = memory(ElementType.FLOAT32, shape);
                        ByteArrayOutputStream stream = new ByteArrayOutputStream();
                        fleet.normalize(spec, ElementType.FLOAT32, x, y, shape);
                        fleet.normalize(spec, ElementType.FLOAT32, channel(bytes), Channels.newChannel(stream), shape);
                        assertEquals(expected, y);
                        assertEquals(expected, ByteBuffer.wrap(stream.toByteArray()));
                    }
                });
            }
        }
    }

    @Test
    void nothingStaysOpenAfterAPass() {
        ByteBuffer x = input(ElementType.FLOAT32, 3, 30, 4, 4);
        ByteBuffer y = memory(ElementType.FLOAT32, 30, 4, 4);
        try (Fleet fleet = fleet(0.5, 0.5)) {
            // The first pass makes scratch memory, which the backend keeps.
            fleet.normalize(NormSpec.groupNorm(2, 4), ElementType.FLOAT32, x, y, 30, 4, 4);
            int before = backends.get(1).session().openBuffers();
            for (int i = 0; i < 3; i++) {
                fleet.normalize(NormSpec.groupNorm(2, 4), ElementType.FLOAT32, x, y, 30, 4, 4);
            }
            assertEquals(before, backends.get(1).session().openBuffers());
        }
    }
}
