package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.fleet.ShareStore;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Samples that belong together, or that no device of a fleet has room for, have the bits of one large device. */
@Tag("device")
@Tag("slow")
class FleetSectionsTest {

    private record Problem(NormSpec spec, ElementType type, long... shape) {}

    @TempDir
    private Path folder;

    private Backend large;
    private final List<Backend> small = new ArrayList<>();

    @BeforeEach
    void open() {
        DeviceInfo device = TestDevices.first().device();
        large = TestDevices.first();
        small.add(open(device, UnaryOperator.identity()));
        small.add(open(device, UnaryOperator.identity()));
    }

    private static Backend open(DeviceInfo device, UnaryOperator<OpenCl> port) {
        DeviceInfo limited = TestInfo.with(device, "maxBuffer", 40_000L);
        return new Backend(new Session(port.apply(DevicePort.open(device, true)), limited));
    }

    @AfterEach
    void close() {
        small.forEach(Backend::close);
    }

    private Fleet fleet(double... weights) {
        return Fleet.of(small, Fleet.SameDevice.ALLOWED, ShareStore.at(folder.resolve("fleet.json")))
                .weights(weights);
    }

    private static List<Problem> problems() {
        float[] gamma = Values.normal(1, 12, 1, 0.5);
        float[] beta = Values.normal(2, 12, 0, 0.5);
        return List.of(
                new Problem(NormSpec.batchNorm(12).weight(gamma).bias(beta), ElementType.FLOAT32, 5, 12, 31, 30),
                new Problem(
                        NormSpec.batchNorm(12).layout(Layout.CHANNELS_LAST).activation(Activation.SILU),
                        ElementType.FLOAT16,
                        300,
                        9,
                        12),
                new Problem(NormSpec.groupNorm(3, 12).weight(gamma).bias(beta), ElementType.FLOAT32, 3, 12, 1500),
                new Problem(NormSpec.layerNorm(30_000), ElementType.BFLOAT16, 4, 30_000),
                new Problem(
                        NormSpec.batchNorm(12).training(false).runningMean(beta).runningVar(Values.constant(12, 0.7f)),
                        ElementType.FLOAT32,
                        2,
                        12,
                        2000));
    }

    private static ByteBuffer memory(Problem problem) {
        return ByteBuffer.allocateDirect(Math.toIntExact(Shapes.elements(problem.shape)) * problem.type.bytes())
                .order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer input(Problem problem) {
        ByteBuffer bytes = memory(problem);
        int count = Math.toIntExact(Shapes.elements(problem.shape));
        Codec.encode(problem.type, Values.normal(problem.type, 5, count, 3, 2), 0, bytes);
        return bytes.rewind();
    }

    private ByteBuffer expected(Problem problem, ByteBuffer x) {
        ByteBuffer y = memory(problem);
        try (Layer layer = problem.spec.on(large, problem.type);
                Tensor input = large.tensor(problem.type, x, problem.shape);
                Tensor output = layer.infer(input)) {
            output.get(y);
        }
        return y;
    }

    @Test
    void buffersHaveTheBitsOfOneLargeDevice() {
        try (Fleet fleet = fleet(0.3, 0.7)) {
            for (Problem problem : problems()) {
                ByteBuffer x = input(problem);
                ByteBuffer y = memory(problem);
                FleetReport report = fleet.normalize(problem.spec, problem.type, x, y, problem.shape);
                assertEquals(expected(problem, x), y.rewind(), problem.toString());
                assertTrue(report.devices().get(0).bytes() > 0, problem + ": " + report);
                assertTrue(
                        report.devices().get(1).bytes()
                                > report.devices().get(0).bytes(),
                        problem + ": " + report);
                assertEquals(
                        2L * y.capacity(),
                        report.devices().stream()
                                .mapToLong(FleetReport.Device::bytes)
                                .sum());
            }
        }
    }

    @Test
    void runningStatisticsAreThoseOfALayerOnOneDevice() {
        float[] mean = Values.normal(3, 12, 1, 1);
        float[] variance = Values.constant(12, 0.7f);
        for (Problem problem : List.of(
                new Problem(NormSpec.batchNorm(12), ElementType.FLOAT32, 5, 12, 31, 30),
                new Problem(
                        NormSpec.batchNorm(12).runningStatistics(mean, variance).momentum(0.3),
                        ElementType.FLOAT16,
                        40,
                        12,
                        20),
                new Problem(
                        NormSpec.batchNorm(12).cumulativeAverage().layout(Layout.CHANNELS_LAST),
                        ElementType.FLOAT64,
                        40,
                        20,
                        12),
                new Problem(
                        NormSpec.instanceNorm(12).runningStatistics(mean, variance),
                        ElementType.FLOAT32,
                        7,
                        12,
                        300))) {
            NormSpec spec = problem.spec;
            try (Fleet fleet = fleet(0.3, 0.7);
                    Layer layer = spec.on(large, problem.type);
                    Tensor input = large.tensor(problem.type, input(problem), problem.shape)) {
                ChannelStatisticsNorm tracking = (ChannelStatisticsNorm) layer;
                // Not float64: a spec has float32 values, and the layer does not round between batches.
                int batches = problem.type == ElementType.FLOAT64 ? 1 : 3;
                for (int batch = 0; batch < batches; batch++) {
                    FleetReport report =
                            fleet.normalize(spec, problem.type, input(problem), memory(problem), problem.shape);
                    layer.infer(input).close();
                    TrackedStatistics after = report.runningStatistics();
                    assertArrayEquals(tracking.runningMean().toDoubles(), after.runningMean(), spec + " mean");
                    assertArrayEquals(tracking.runningVar().toDoubles(), after.runningVar(), spec + " variance");
                    assertEquals(tracking.numBatchesTracked(), after.numBatchesTracked(), spec.toString());
                    spec = spec.runningStatistics(after);
                }
            }
        }
    }

    /** Two channels of 1, 3 and of 2, 2, whose unbiased variances are 2 and 0. */
    @Test
    void runningStatisticsFollowPyTorchsFormula() {
        ChannelStatisticsSpec<?> spec = NormSpec.batchNorm(2)
                .runningStatistics(new float[] {10, 10}, new float[] {4, 4})
                .momentum(0.25);
        float[] x = {1, 2, 3, 2};
        try (Fleet fleet = fleet(0.5, 0.5)) {
            TrackedStatistics after = fleet.normalize(
                            spec, ElementType.FLOAT32, FloatBuffer.wrap(x), FloatBuffer.allocate(4), 2, 2)
                    .runningStatistics();
            assertArrayEquals(new double[] {8, 8}, after.runningMean());
            assertArrayEquals(new double[] {3.5, 3}, after.runningVar());
            assertEquals(1, after.numBatchesTracked());
            // The second batch of a cumulative average counts as much as the first.
            TrackedStatistics average = fleet.normalize(
                            spec.cumulativeAverage().numBatchesTracked(1),
                            ElementType.FLOAT32,
                            FloatBuffer.wrap(x),
                            FloatBuffer.allocate(4),
                            2,
                            2)
                    .runningStatistics();
            assertArrayEquals(new double[] {6, 6}, average.runningMean());
            assertEquals(2, average.numBatchesTracked());
            TrackedStatistics empty = fleet.normalize(
                            spec, ElementType.FLOAT32, FloatBuffer.allocate(0), FloatBuffer.allocate(0), 0, 2)
                    .runningStatistics();
            assertArrayEquals(new double[] {10, 10}, empty.runningMean());
            assertEquals(1, empty.numBatchesTracked());
            assertEquals(
                    null,
                    fleet.normalize(
                                    spec.training(false),
                                    ElementType.FLOAT32,
                                    FloatBuffer.wrap(x),
                                    FloatBuffer.allocate(4),
                                    2,
                                    2)
                            .runningStatistics());
        }
        assertThrows(IllegalArgumentException.class, () -> spec.numBatchesTracked(-1));
        assertThrows(IllegalArgumentException.class, () -> NormSpec.layerNorm(3)
                .runningStatistics(new TrackedStatistics(new double[3], new double[3], 1)));
        assertThrows(
                IllegalArgumentException.class,
                () -> spec.runningStatistics(new TrackedStatistics(new double[3], new double[3], 1)));
    }

    @Test
    void arraysOfFloatsAreTakenToo() {
        Problem problem = problems().get(0);
        ByteBuffer x = input(problem);
        float[] values = new float[x.remaining() / Float.BYTES];
        x.asFloatBuffer().get(values);
        FloatBuffer y = FloatBuffer.allocate(values.length);
        try (Fleet fleet = fleet(0.5, 0.5)) {
            fleet.normalize(problem.spec, problem.type, FloatBuffer.wrap(values), y, problem.shape);
        }
        assertEquals(expected(problem, x).asFloatBuffer(), y.rewind());
    }

    @Test
    void filesAndOtherChannelsAreTakenFromTheirPosition() throws IOException {
        Problem problem = problems().get(0);
        ByteBuffer x = input(problem);
        byte[] bytes = new byte[x.remaining()];
        x.duplicate().get(bytes);
        ByteBuffer expected = expected(problem, x);
        Path from = folder.resolve("x");
        try (Fleet fleet = fleet(0.5, 0.5);
                FileChannel source = FileChannel.open(
                        from, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileChannel target = FileChannel.open(
                        folder.resolve("y"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            source.write(ByteBuffer.wrap(new byte[7]), 0);
            source.write(x.duplicate(), 7);
            source.position(7);
            target.position(3);
            fleet.normalize(problem.spec, problem.type, source, target, problem.shape);
            assertEquals(7 + bytes.length, source.position());
            assertEquals(3 + bytes.length, target.position());
            ByteBuffer y = memory(problem);
            target.read(y, 3);
            assertEquals(expected, y.rewind());

            try (FileChannel appended = FileChannel.open(
                    folder.resolve("appended"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                appended.write(ByteBuffer.wrap(new byte[5]));
                source.position(7);
                fleet.normalize(problem.spec, problem.type, source, appended, problem.shape);
            }
            byte[] written = Files.readAllBytes(folder.resolve("appended"));
            assertEquals(5 + bytes.length, written.length);
            assertEquals(expected.rewind(), ByteBuffer.wrap(written, 5, bytes.length));

            ByteArrayOutputStream out = new ByteArrayOutputStream();
            fleet.normalize(
                    problem.spec,
                    problem.type,
                    Channels.newChannel(new ByteArrayInputStream(bytes)),
                    Channels.newChannel(out),
                    problem.shape);
            assertEquals(expected.rewind(), ByteBuffer.wrap(out.toByteArray()));
        }
    }

    /** A channel may read numbers from the buffer that it is given. */
    @Test
    void channelsGetBuffersInNativeByteOrder() throws IOException {
        Problem problem = problems().get(0);
        FloatBuffer numbers = FloatBuffer.allocate(Math.toIntExact(Shapes.elements(problem.shape)));
        try (Fleet fleet = fleet(0.5, 0.5);
                WritableByteChannel target = new WritableByteChannel() {
                    @Override
                    public int write(ByteBuffer source) {
                        int bytes = source.remaining();
                        while (source.hasRemaining()) {
                            numbers.put(source.getFloat());
                        }
                        return bytes;
                    }

                    @Override
                    public boolean isOpen() {
                        return true;
                    }

                    @Override
                    public void close() {}
                }) {
            fleet.normalize(problem.spec, problem.type, input(problem), target, problem.shape);
        }
        assertEquals(expected(problem, input(problem)).asFloatBuffer(), numbers.rewind());
    }

    @Test
    void aSourceThatEndsEarlyWritesNothing() throws IOException {
        Problem problem = problems().get(0);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Fleet fleet = fleet(0.5, 0.5);
                ReadableByteChannel source = Channels.newChannel(new ByteArrayInputStream(new byte[1000]))) {
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> fleet.normalize(
                                    problem.spec, problem.type, source, Channels.newChannel(out), problem.shape))
                    .getMessage();
            assertTrue(message.contains("1000 of 223200 bytes"), message);
        }
        assertEquals(0, out.size());
    }

    @Test
    void theSectionsOfADeviceThatFailsAreComputedByTheOthers() {
        FaultyOpenCl[] faulty = new FaultyOpenCl[1];
        small.add(open(TestDevices.first().device(), real -> {
            faulty[0] = new FaultyOpenCl(real);
            return faulty[0].port();
        }));
        Problem problem = problems().get(0);
        ByteBuffer x = input(problem);
        ByteBuffer expected = expected(problem, x);
        for (String call : List.of("enqueue", "write", "createBuffer", "read")) {
            try (Fleet fleet = fleet(0.3, 0.3, 0.4)) {
                ByteBuffer y = memory(problem);
                faulty[0].fail(call, 3);
                FleetReport report = fleet.normalize(problem.spec, problem.type, x, y, problem.shape);
                assertEquals(expected, y.rewind(), call);
                assertEquals(
                        faulty[0].count(call) >= 3,
                        !report.devices().get(2).failure().isEmpty(),
                        call + ": " + report);
                faulty[0].heal();
            }
        }
    }

    @Test
    void gradientsHaveTheBitsOfOneLargeDevice() throws IOException {
        List<Problem> all = new ArrayList<>(problems());
        // Many small samples, whose parameters are summed down the samples.
        all.add(new Problem(NormSpec.rmsNorm(70), ElementType.FLOAT32, 900, 70));
        try (Fleet fleet = fleet(0.3, 0.7)) {
            for (Problem problem : all) {
                ByteBuffer x = input(problem);
                ByteBuffer dy = memory(problem);
                int count = Math.toIntExact(Shapes.elements(problem.shape));
                Codec.encode(problem.type, Values.normal(problem.type, 6, count, 0, 1), 0, dy);
                dy.rewind();
                ByteBuffer dx = memory(problem);
                FleetGradients actual = fleet.gradients(problem.spec, problem.type, x, dy, dx, problem.shape);
                try (Layer layer = problem.spec.on(large, problem.type);
                        Tensor input = large.tensor(problem.type, x, problem.shape);
                        Tensor gradient = large.tensor(problem.type, dy, problem.shape);
                        Recorded pass = layer.record(input);
                        Gradients expected = pass.backward(gradient)) {
                    ByteBuffer wanted = memory(problem);
                    expected.input().get(wanted);
                    assertEquals(wanted, dx.rewind(), problem + ", dx");
                    assertSame(expected.weight(), actual.weight(), problem + ", dweight");
                    assertSame(expected.bias(), actual.bias(), problem + ", dbias");
                }
                byte[] bytes = new byte[x.remaining()];
                x.duplicate().get(bytes);
                byte[] gradient = new byte[dy.remaining()];
                dy.duplicate().get(gradient);
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                FleetGradients ofChannels = fleet.gradients(
                        problem.spec,
                        problem.type,
                        Channels.newChannel(new ByteArrayInputStream(bytes)),
                        Channels.newChannel(new ByteArrayInputStream(gradient)),
                        Channels.newChannel(out),
                        problem.shape);
                assertEquals(dx.rewind(), ByteBuffer.wrap(out.toByteArray()), problem + ", dx to a channel");
                assertArrayEquals(actual.weight(), ofChannels.weight(), problem + ", dweight");
                FleetGradients alone = fleet.gradients(problem.spec, problem.type, x, dy, null, problem.shape);
                assertArrayEquals(actual.bias(), alone.bias(), problem + ", dbias alone");
            }
            Problem problem = problems().get(0);
            ByteBuffer x = input(problem);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> fleet.gradients(problem.spec, problem.type, x, x, x, problem.shape));
            FleetGradients none = fleet.gradients(
                    NormSpec.groupNorm(3, 12),
                    ElementType.FLOAT32,
                    FloatBuffer.allocate(0),
                    FloatBuffer.allocate(0),
                    null,
                    0,
                    12,
                    5);
            assertArrayEquals(new double[12], none.weight());
        }
    }

    private static ByteBuffer random(Problem problem, int seed, double mean) {
        ByteBuffer bytes = memory(problem);
        int count = Math.toIntExact(Shapes.elements(problem.shape));
        Codec.encode(problem.type, Values.normal(problem.type, seed, count, mean, 1), 0, bytes);
        return bytes.rewind();
    }

    @Test
    void residualAndSumHaveTheBitsOfOneLargeDevice() {
        List<Problem> all = new ArrayList<>(problems());
        // Samples that fit.
        all.add(new Problem(NormSpec.rmsNorm(70), ElementType.FLOAT32, 900, 70));
        try (Fleet fleet = fleet(0.3, 0.7)) {
            for (Problem problem : all) {
                ByteBuffer x = input(problem);
                ByteBuffer added = random(problem, 8, 1);
                ByteBuffer dy = random(problem, 6, 0);
                ByteBuffer y = memory(problem);
                ByteBuffer sum = memory(problem);
                ByteBuffer dx = memory(problem);
                byte[] bytes = new byte[added.remaining()];
                added.duplicate().get(bytes);
                ByteArrayOutputStream sums = new ByteArrayOutputStream();
                FleetTensors read = FleetTensors.from(x).residual(added);
                fleet.normalize(problem.spec, problem.type, read.to(y).sum(sum), problem.shape);
                FleetGradients gradients = fleet.gradients(
                        problem.spec, problem.type, read.gradOutput(dy).to(dx), problem.shape);
                ByteBuffer again = memory(problem);
                fleet.normalize(
                        problem.spec,
                        problem.type,
                        FleetTensors.from(x)
                                .residual(Channels.newChannel(new ByteArrayInputStream(bytes)))
                                .to(again)
                                .sum(Channels.newChannel(sums)),
                        problem.shape);
                try (Layer layer = problem.spec.on(large, problem.type);
                        Tensor input = large.tensor(problem.type, x, problem.shape);
                        Tensor residual = large.tensor(problem.type, added, problem.shape);
                        Tensor total = large.empty(problem.type, problem.shape);
                        Tensor gradient = large.tensor(problem.type, dy, problem.shape);
                        Recorded pass = layer.record(
                                input, Options.DEFAULTS.residual(residual).sum(total));
                        Gradients expected = pass.backward(gradient)) {
                    assertEquals(bytes(pass.output(), problem), y.rewind(), problem + ", y");
                    assertEquals(bytes(total, problem), sum.rewind(), problem + ", sum");
                    assertEquals(bytes(expected.input(), problem), dx.rewind(), problem + ", dx");
                    assertSame(expected.weight(), gradients.weight(), problem + ", dweight");
                    assertSame(expected.bias(), gradients.bias(), problem + ", dbias");
                }
                assertEquals(y, again.rewind(), problem + ", from channels");
                assertEquals(sum, ByteBuffer.wrap(sums.toByteArray()), problem + ", to channels");
                assertTrue(
                        gradients.report().devices().stream().allMatch(device -> device.elements() > 0),
                        problem + ": " + gradients.report());
            }
        }
    }

    private static ByteBuffer bytes(Tensor tensor, Problem problem) {
        ByteBuffer bytes = memory(problem);
        tensor.get(bytes);
        return bytes;
    }

    @Test
    void onlyTheGradientsThatAreWantedAreComputed() {
        Problem problem = problems().get(0);
        FleetTensors tensors = FleetTensors.from(input(problem)).gradOutput(random(problem, 6, 0));
        try (Fleet fleet = fleet(0.5, 0.5)) {
            FleetGradients all = fleet.gradients(problem.spec, problem.type, tensors, problem.shape);
            FleetGradients some =
                    fleet.gradients(problem.spec, problem.type, tensors.wanted(false, true), problem.shape);
            assertEquals(null, some.weight());
            assertArrayEquals(all.bias(), some.bias());
        }
    }

    @Test
    void tensorsThatDoNotFitThePassAreRejected() {
        Problem problem = problems().get(0);
        ByteBuffer x = input(problem);
        ByteBuffer y = memory(problem);
        FleetTensors tensors = FleetTensors.from(x);
        try (Fleet fleet = fleet(0.5, 0.5)) {
            for (FleetTensors wrong : List.of(
                    tensors,
                    tensors.to(y).gradOutput(x),
                    tensors.to(y).sum(memory(problem)),
                    tensors.to(y).residual(x).sum(y),
                    tensors.to(y).residual(y),
                    tensors.to(y).residual(x).sum(x),
                    tensors.to(y).residual(ByteBuffer.allocate(4)))) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> fleet.normalize(problem.spec, problem.type, wrong, problem.shape));
            }
            for (FleetTensors wrong : List.of(
                    tensors.to(y),
                    tensors.gradOutput(x).to(x),
                    tensors.gradOutput(x).residual(x).sum(y))) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> fleet.gradients(problem.spec, problem.type, wrong, problem.shape));
            }
        }
    }

    @Test
    void aFileCannotBeBothReadAndWritten() throws IOException {
        Problem problem = problems().get(0);
        ByteBuffer x = input(problem);
        Path path = folder.resolve("x");
        try (Fleet fleet = fleet(0.5, 0.5);
                FileChannel file = FileChannel.open(
                        path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            file.write(x.duplicate(), 0);
            FleetTensors read = FleetTensors.from(file);
            WritableByteChannel other = Channels.newChannel(new ByteArrayOutputStream());
            for (FleetTensors wrong : List.of(
                    read.to(file),
                    read.residual(x).to(memory(problem)).sum(file),
                    FleetTensors.from(x).residual(file).to(file),
                    FleetTensors.from(x).residual(x).to(other).sum(other))) {
                String message = assertThrows(
                                IllegalArgumentException.class,
                                () -> fleet.normalize(problem.spec, problem.type, wrong, problem.shape))
                        .getMessage();
                assertTrue(message.contains("Expected a file of its own for each target"), message);
            }
            assertThrows(
                    IllegalArgumentException.class,
                    () -> fleet.gradients(
                            problem.spec, problem.type, read.gradOutput(x).to(file), problem.shape));
            assertEquals(0, file.position());
        }
        assertEquals(x.rewind(), ByteBuffer.wrap(Files.readAllBytes(path)));
    }

    /** Two tensors may follow each other in a channel. */
    @Test
    void aChannelMayHaveTwoSources() throws IOException {
        Problem problem = problems().get(0);
        ByteBuffer x = input(problem);
        ByteBuffer added = random(problem, 8, 1);
        ByteBuffer y = memory(problem);
        ByteBuffer expected = memory(problem);
        try (Fleet fleet = fleet(0.5, 0.5);
                FileChannel file = FileChannel.open(
                        folder.resolve("both"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            file.write(new ByteBuffer[] {x.duplicate(), added.duplicate()});
            file.position(0);
            fleet.normalize(
                    problem.spec,
                    problem.type,
                    FleetTensors.from(file).residual(file).to(y),
                    problem.shape);
            fleet.normalize(
                    problem.spec,
                    problem.type,
                    FleetTensors.from(x).residual(added).to(expected),
                    problem.shape);
        }
        assertEquals(expected.rewind(), y.rewind());
    }

    /** A channel that takes nothing. */
    private static WritableByteChannel full() {
        return Channels.newChannel(new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("no space left");
            }
        });
    }

    @Test
    void aDeviceThatFailsStaysOutWhenThePassThrows() {
        FaultyOpenCl[] faulty = new FaultyOpenCl[1];
        small.add(open(TestDevices.first().device(), real -> {
            faulty[0] = new FaultyOpenCl(real);
            return faulty[0].port();
        }));
        Problem problem = problems().get(0);
        FleetTensors forward = FleetTensors.from(input(problem)).to(full());
        FleetTensors backward = FleetTensors.from(input(problem))
                .gradOutput(random(problem, 6, 0))
                .to(full());
        List<Function<Fleet, Object>> passes = List.of(
                fleet -> fleet.normalize(problem.spec, problem.type, forward, problem.shape),
                fleet -> fleet.gradients(problem.spec, problem.type, backward, problem.shape));
        for (Function<Fleet, Object> pass : passes) {
            try (Fleet fleet = fleet(0.3, 0.3, 0.4)) {
                faulty[0].fail("enqueue", 1);
                assertThrows(UncheckedIOException.class, () -> pass.apply(fleet));
                faulty[0].heal();
                String explained = fleet.explain(NormSpec.rmsNorm(50), ElementType.FLOAT32, 12, 50);
                assertTrue(explained.contains("it failed before: "), explained);
            }
        }
        List<Backend> only = List.of(small.get(2));
        for (Function<Fleet, Object> pass : passes) {
            try (Fleet fleet = Fleet.of(only, Fleet.SameDevice.ALLOWED).weights(1)) {
                faulty[0].fail("enqueue", 1);
                assertThrows(ClException.class, () -> pass.apply(fleet));
                faulty[0].heal();
                assertThrows(IllegalStateException.class, () -> pass.apply(fleet));
            }
        }
    }

    @Test
    void theReportCountsAllTensorsAndNamesDevicesWithoutASection() {
        NormSpec spec = NormSpec.batchNorm(1);
        Problem problem = new Problem(spec, ElementType.FLOAT32, 1, 1, 4 * 1024);
        FleetTensors tensors = FleetTensors.from(input(problem)).residual(random(problem, 8, 1));
        try (Fleet fleet = fleet(0.03, 0.97)) {
            FleetReport report = fleet.normalize(
                    spec, problem.type, tensors.to(memory(problem)).sum(memory(problem)), problem.shape);
            assertEquals(
                    "its share is less than one section",
                    report.devices().get(0).leftOut());
            assertEquals(0.03, report.devices().get(0).weight());
            assertEquals("", report.devices().get(1).leftOut());
            assertEquals(4L * 4096 * Float.BYTES, report.devices().get(1).bytes());
            assertTrue(report.explain().contains("left out: its share is less than one section"), report.explain());
            FleetGradients gradients =
                    fleet.gradients(spec, problem.type, tensors.gradOutput(random(problem, 6, 0)), problem.shape);
            assertEquals(
                    3L * 4096 * Float.BYTES, gradients.report().devices().get(1).bytes());
            String message = assertThrows(IndexOutOfBoundsException.class, () -> report.deviceOf(0))
                    .getMessage();
            assertTrue(message.contains("the pass went in sections"), message);
            assertEquals(
                    "sample 1 of 1",
                    assertThrows(IndexOutOfBoundsException.class, () -> report.deviceOf(1))
                            .getMessage());
        }
    }

    @Test
    void aTensorThatEndsEarlyIsNamed() {
        Problem problem = problems().get(0);
        ByteBuffer x = input(problem);
        FleetTensors tensors = FleetTensors.from(x).to(memory(problem));
        try (Fleet fleet = fleet(0.5, 0.5)) {
            String residual = assertThrows(
                            IllegalArgumentException.class,
                            () -> fleet.normalize(
                                    problem.spec, problem.type, tensors.residual(zeros(1000)), problem.shape))
                    .getMessage();
            assertTrue(residual.startsWith("the residual ended after 1000 of 223200 bytes"), residual);
            String gradient = assertThrows(
                            IllegalArgumentException.class,
                            () -> fleet.gradients(
                                    problem.spec, problem.type, tensors.gradOutput(zeros(8)), problem.shape))
                    .getMessage();
            assertTrue(gradient.startsWith("the gradOutput ended after 8 of 223200 bytes"), gradient);
        }
    }

    private static ReadableByteChannel zeros(int bytes) {
        return Channels.newChannel(new ByteArrayInputStream(new byte[bytes]));
    }

    @Test
    void argumentsThatAreNullAreNamed() {
        assertEquals(
                "tracked",
                assertThrows(NullPointerException.class, () -> NormSpec.batchNorm(2)
                                .runningStatistics((TrackedStatistics) null))
                        .getMessage());
        try (Fleet fleet = fleet(0.5, 0.5);
                FleetLayer layer = fleet.layer(NormSpec.rmsNorm(4))) {
            for (Executable call : List.<Executable>of(() -> layer.forward(null), () -> layer.infer(null))) {
                assertEquals(
                        "input", assertThrows(NullPointerException.class, call).getMessage());
            }
            assertEquals(
                    "gradOutput",
                    assertThrows(NullPointerException.class, () -> layer.backward(null))
                            .getMessage());
        }
    }

    private static void assertSame(Tensor expected, double[] actual, String what) {
        if (expected == null) {
            assertEquals(null, actual, what);
        } else {
            assertArrayEquals(expected.toDoubles(), actual, what);
        }
    }
}
