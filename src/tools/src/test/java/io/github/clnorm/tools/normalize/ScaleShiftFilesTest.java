package io.github.clnorm.tools.normalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.CommandLineFixture;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Scale, shift and an offset of the weight in {@code clnorm run} and {@code clnorm grad}, compared with float64. */
class ScaleShiftFilesTest extends CommandLineFixture {

    private static final double BOUND = 1e-5;

    private final double[] dy = Values.normal(ElementType.FLOAT32, 2, COUNT, 0.5, 1);
    private Path gradOutput;
    private Path gradScale;
    private Path gradShift;

    @BeforeEach
    void gradient() {
        gradOutput = file("dy.npy", TestFiles.npy(SHAPE, Values.normal(2, COUNT, 0.5, 1)));
        gradScale = outputs.resolve("ds.npy");
        gradShift = outputs.resolve("dt.npy");
    }

    private static double[] values(long seed, int count) {
        return Values.normal(ElementType.FLOAT32, seed, count, 0, 1);
    }

    private Path file(String name, double[] values, long... shape) {
        return file(name, TestFiles.npy("<f8", TestFiles.python(shape), TestFiles.doubles(values)));
    }

    private double[] x() {
        double[] all = new double[COUNT];
        Arrays.setAll(all, i -> x[i]);
        return all;
    }

    private void assertHolds(Path file, double[] expected, long... shape) {
        TensorFile result = TensorFile.open(file.toString());
        assertArrayEquals(shape, result.shape());
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        assertArrayEquals(
                expected,
                result.readDoubles(),
                BOUND * largest,
                file.getFileName().toString());
    }

    @Test
    @Tag("device")
    void channels() {
        double[] scale = values(5, 16);
        double[] shift = values(6, 16);
        double[] weight = values(7, 8);
        Reference reference = Reference.groupNorm(SHAPE, 1, 4)
                .affine(weight, null)
                .modulation(scale, shift)
                .activation(Nonlinearity.SILU);
        Object[] options = {
            "group_norm",
            "--num-groups",
            4,
            "-i",
            input,
            "--weight",
            file("w.npy", weight, 8),
            "--activation",
            "silu",
            "--scale",
            file("scale.npy", scale, 2, 8),
            "--shift",
            file("shift.npy", shift, 2, 8)
        };
        done(execute(joined("run", options, "-o", output)));
        double[] x = x();
        assertHolds(output, reference.normalize(i -> x[i]), SHAPE);
        Path gradWeight = outputs.resolve("dw.npy");
        done(execute(joined(
                "grad",
                options,
                "--grad-output",
                gradOutput,
                "--grad-input",
                output,
                "--grad-weight",
                gradWeight,
                "--grad-scale",
                gradScale,
                "--grad-shift",
                gradShift)));
        Reference.Gradients gradients = reference.gradients(i -> x[i], i -> dy[i]);
        assertHolds(output, gradients.input(), SHAPE);
        assertHolds(gradWeight, gradients.weight(), 8);
        assertHolds(gradScale, gradients.scale(), 2, 8);
        assertHolds(gradShift, gradients.shift(), 2, 8);
        assertEquals(ElementType.FLOAT64, TensorFile.open(gradScale.toString()).type());
    }

    @Test
    @Tag("device")
    void rows() {
        double[] scale = values(5, 10);
        Reference reference = Reference.layerNorm(SHAPE, 5).modulation(scale, null);
        double[] x = x();
        done(execute("run", "layer_norm", "-i", input, "-o", output, "--scale", file("scale.npy", scale, 2, 5)));
        assertHolds(output, reference.normalize(i -> x[i]), SHAPE);
    }

    @Test
    @Tag("device")
    void weightsWithAnOffset() {
        double[] weight = values(7, 5);
        Reference reference = Reference.rmsNorm(SHAPE, 5)
                .eps(0x1p-23)
                .affine(Arrays.stream(weight).map(w -> w + 1).toArray(), null);
        double[] x = x();
        Object[] options = {"rms_norm", "-i", input, "--weight", file("w.npy", weight, 5), "--weight-offset", 1};
        done(execute(joined("run", options, "-o", output)));
        assertHolds(output, reference.normalize(i -> x[i]), SHAPE);
        done(execute(joined("grad", options, "--grad-output", gradOutput, "--grad-input", output)));
        assertHolds(output, reference.gradients(i -> x[i], i -> dy[i]).input(), SHAPE);
    }

    private static Object[] joined(String command, Object[] options, Object... more) {
        return Stream.of(new Object[] {command}, options, more)
                .flatMap(Stream::of)
                .toArray();
    }

    /** A device that holds few samples at once gives the same bits. */
    @ParameterizedTest
    @ValueSource(strings = {"group_norm --num-groups 2", "layer_norm"})
    @Tag("device")
    void samplesInPartsHaveTheSameBits(String operation) throws IOException {
        long[] shape = {7, 4, 50};
        boolean rows = operation.equals("layer_norm");
        long[] modulation = {7, rows ? 50 : 4};
        int count = (int) (modulation[0] * modulation[1]);
        List<Object> options = new ArrayList<>(List.of((Object[]) operation.split(" ")));
        options.addAll(List.of(
                "-i",
                file("many.npy", TestFiles.npy(shape, Values.normal(9, 1400, 2, 1))),
                "--scale",
                file("scale.npy", values(5, count), modulation),
                "--shift",
                file("shift.npy", values(6, count), modulation)));
        DeviceInfo device = DeviceSelector.parse(null).select();
        DeviceInfo small = TestInfo.with(device, "maxBuffer", 2000L);
        RunCommand run = command(new RunCommand(), options, "-o", output);
        assertEquals(1, run.run(run.request(), device).run().timing().parts());
        double[] y = TensorFile.open(output.toString()).readDoubles();
        assertEquals(4, run.run(run.request(), small).run().timing().parts());
        Errors.assertSameBits(y, TensorFile.open(output.toString()).readDoubles(), "y");

        Path many = file("many-dy.npy", TestFiles.npy(shape, Values.normal(10, 1400, 0, 1)));
        GradCommand grad = command(
                new GradCommand(), options, "--grad-output", many, "--grad-input", output, "--grad-scale", gradScale);
        grad(grad, device);
        double[] dx = TensorFile.open(output.toString()).readDoubles();
        double[] ds = TensorFile.open(gradScale.toString()).readDoubles();
        grad(grad, small);
        Errors.assertSameBits(dx, TensorFile.open(output.toString()).readDoubles(), "dx");
        Errors.assertSameBits(ds, TensorFile.open(gradScale.toString()).readDoubles(), "dscale");

        GradCommand sums =
                command(new GradCommand(), options, "--grad-output", many, "--grad-bias", outputs.resolve("db.npy"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> grad(sums, small))
                .getMessage()
                .contains("4 parts"));
        DeviceInfo tiny = TestInfo.with(device, "maxBuffer", 700L);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> grad(grad, tiny))
                .getMessage()
                .contains("a sample of 800 bytes"));
    }

    private static void grad(GradCommand command, DeviceInfo device) throws IOException {
        Request request = command.request();
        command.grad(request, command.gradOutput(request), device).run();
    }

    private static <T> T command(T command, List<Object> options, Object... more) {
        String[] words = Stream.concat(options.stream(), Stream.of(more))
                .map(Object::toString)
                .toArray(String[]::new);
        new CommandLine(command).parseArgs(words);
        return command;
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        Path scale = file("scale.npy", values(5, 16), 2, 8);
        refused(ExitCode.WRONG_REQUEST, run("--num-groups", 4, "--scale", input), "expected [2, 8]", "[2, 8, 3, 5]");
        refused(
                ExitCode.WRONG_REQUEST,
                execute("run", "batch_norm", "-i", input, "-o", output, "--shift", scale),
                "batch_norm takes no scale and shift");
        refused(
                ExitCode.WRONG_REQUEST,
                execute(
                        "grad",
                        "layer_norm",
                        "-i",
                        input,
                        "--grad-output",
                        gradOutput,
                        "--grad-input",
                        output,
                        "--grad-scale",
                        gradScale),
                "--grad-scale needs --scale");
        refused(
                ExitCode.WRONG_REQUEST,
                execute("run", "rms_norm", "-i", input, "-o", output, "--weight-offset", 1),
                "--weight-offset needs --weight");
        refused(
                ExitCode.WRONG_REQUEST,
                execute("run", "layer_norm", "-i", input, "-o", output, "--weight-offset", 1),
                "--weight-offset does not belong to layer_norm");
    }
}
