package io.github.clnorm.tools.normalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.tools.testing.CommandLineFixture;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code clnorm grad}: every operation and option, from files to files, compared with gradients in float64. */
@Tag("slow")
class GradTest extends CommandLineFixture {

    // Relative to the largest gradient of a tensor: each is a sum of terms that cancel.
    private static final double BOUND = 1e-5;
    private static final double BOUND_64 = 1e-12;

    private final float[] dy = Values.normal(2, COUNT, 0.5, 1);
    private Path gradOutput;
    private Path gradInput;
    private Path gradWeight;
    private Path gradBias;

    @BeforeEach
    void gradient() {
        gradOutput = file("dy.npy", TestFiles.npy(SHAPE, dy));
        // The old file is the target of the input's gradient.
        gradInput = output;
        gradWeight = outputs.resolve("dw.npy");
        gradBias = outputs.resolve("db.npy");
    }

    /** Asks for all gradients. */
    private int gradients(String command, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("--grad-weight", gradWeight, "--grad-bias", gradBias));
        arguments.addAll(List.of(options));
        return gradientOfInput(command, arguments.toArray());
    }

    private int gradientOfInput(String command, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("--grad-output", gradOutput, "--grad-input", gradInput));
        arguments.addAll(List.of(options));
        return grad(command, arguments.toArray());
    }

    private int grad(String command, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("grad"));
        arguments.addAll(List.of(command.split(" ")));
        arguments.addAll(List.of("-i", input));
        arguments.addAll(List.of(options));
        return execute(arguments.toArray());
    }

    private Reference.Gradients expected(Reference reference) {
        return reference.gradients(i -> x[i], i -> dy[i]);
    }

    private void assertGradients(Reference.Gradients expected, String what, long... parameterShape) {
        assertHolds(gradInput, expected.input(), BOUND, "dx of " + what, SHAPE);
        assertHolds(gradWeight, expected.weight(), BOUND, "dw of " + what, parameterShape);
        assertHolds(gradBias, expected.bias(), BOUND, "db of " + what, parameterShape);
    }

    /** Each is within a bound relative to the largest, plus the rounding of its stored type. */
    private static void assertHolds(Object file, double[] expected, double bound, String what, long... shape) {
        TensorFile result = TensorFile.open(file.toString());
        assertArrayEquals(shape, result.shape(), what);
        double scale = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        double[] actual = result.readDoubles();
        assertEquals(expected.length, actual.length, what);
        for (int i = 0; i < actual.length; i++) {
            double stored = result.type().bytes() == 2 ? result.type().epsilon() * Math.abs(expected[i]) : 0;
            assertTrue(
                    Math.abs(actual[i] - expected[i]) <= bound * scale + stored,
                    what + " at " + i + ": " + actual[i] + ", expected " + expected[i]);
        }
    }

    private Path vector(String name, double... values) {
        return file(name + ".npy", TestFiles.npy("<f8", TestFiles.python(values.length), TestFiles.doubles(values)));
    }

    // Operations.

    @ParameterizedTest
    @EnumSource(Layout.class)
    @Tag("device")
    void channelsOfBothLayouts(Layout layout) {
        int channels = layout == Layout.CHANNELS_FIRST ? 8 : 5;
        int groups = channels == 8 ? 4 : 5;
        double[] gamma = Values.normal(ElementType.FLOAT32, 3, channels, 1, 1);
        double[] beta = Values.normal(ElementType.FLOAT32, 4, channels, 0, 1);
        Object[] options = {"--layout", layout, "--weight", vector("w", gamma), "--bias", vector("b", beta)};
        done(gradients("group_norm --num-groups " + groups, options));
        assertGradients(
                expected(Reference.groupNorm(SHAPE, layout.channelAxis(SHAPE.length), groups)
                        .affine(gamma, beta)),
                "group_norm",
                channels);
        done(gradients("instance_norm", options));
        assertGradients(
                expected(Reference.instanceNorm(SHAPE, layout.channelAxis(SHAPE.length))
                        .affine(gamma, beta)),
                "instance_norm",
                channels);
        done(gradients("batch_norm", options));
        assertGradients(
                expected(Reference.batchNorm(SHAPE, layout.channelAxis(SHAPE.length))
                        .affine(gamma, beta)),
                "batch_norm",
                channels);
    }

    @Test
    @Tag("device")
    void lastDimensions() {
        double[] gamma = Values.normal(ElementType.FLOAT32, 3, 15, 1, 1);
        Path weight = file("w.npy", TestFiles.npy("<f8", "(3, 5)", TestFiles.doubles(gamma)));
        done(gradients("layer_norm"));
        assertGradients(expected(Reference.layerNorm(SHAPE, 5)), "layer_norm", 5);
        done(gradients("layer_norm --normalized-shape 3,5 --eps 0.5", "--weight", weight));
        assertGradients(
                expected(Reference.layerNorm(SHAPE, 3, 5).affine(gamma, null).eps(0.5)), "layer_norm", 3, 5);
        done(gradients("rms_norm --normalized-shape 3,5", "--weight", weight));
        assertGradients(
                expected(Reference.rmsNorm(SHAPE, 3, 5).affine(gamma, null).eps(0x1p-23)), "rms_norm", 3, 5);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    @Tag("device")
    void inEvaluationRunningStatisticsAreConstants(Layout layout) {
        int channels = layout == Layout.CHANNELS_FIRST ? 8 : 5;
        double[] mean = Values.normal(ElementType.FLOAT32, 5, channels, 3, 1);
        double[] var = Arrays.stream(Values.normal(ElementType.FLOAT32, 6, channels, 0, 1))
                .map(v -> 1 + v * v)
                .toArray();
        double[] stored = Values.rounded(ElementType.FLOAT32, var);
        Reference.Moments running = new Reference.Moments(mean, new double[channels], stored);
        Reference.Gradients expected = Reference.batchNorm(SHAPE, layout.channelAxis(SHAPE.length))
                .gradientsBy(running, i -> x[i], i -> dy[i]);
        for (String operation : List.of("batch_norm", "instance_norm")) {
            done(gradients(
                    operation + " --eval",
                    "--layout",
                    layout,
                    "--running-mean",
                    vector("m", mean),
                    "--running-var",
                    vector("v", stored)));
            assertGradients(expected, operation, channels);
        }
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    @Tag("device")
    void activationsAndResiduals(Activation activation) {
        float[] added = Values.normal(7, COUNT, -1, 1);
        Path residual = file("r.npy", TestFiles.npy(SHAPE, added));
        done(gradients(
                "group_norm --num-groups 2",
                "--activation",
                activation.name().toLowerCase(Locale.ROOT),
                "--residual",
                residual));
        Reference reference = Reference.groupNorm(SHAPE, 1, 2).activation(Nonlinearity.valueOf(activation.name()));
        assertGradients(reference.gradients(i -> x[i] + added[i], i -> dy[i]), activation.toString(), 8);
    }

    // Outputs.

    @ParameterizedTest
    @CsvSource({"true,false,false", "false,true,false", "false,false,true", "false,true,true", "true,false,true"})
    @Tag("device")
    void onlyWhatIsAskedForIsWritten(boolean ofInput, boolean ofWeight, boolean ofBias) throws IOException {
        done(gradients("group_norm --num-groups 2"));
        List<Path> all = List.of(gradInput, gradWeight, gradBias);
        List<byte[]> together = new ArrayList<>();
        for (Path file : all) {
            together.add(Files.readAllBytes(file));
            Files.delete(file);
        }
        List<String> names = List.of("--grad-input", "--grad-weight", "--grad-bias");
        List<Boolean> wanted = List.of(ofInput, ofWeight, ofBias);
        List<Object> options = new ArrayList<>(List.of("--grad-output", gradOutput));
        for (int i = 0; i < 3; i++) {
            if (wanted.get(i)) {
                options.addAll(List.of(names.get(i), all.get(i)));
            }
        }
        done(grad("group_norm --num-groups 2", options.toArray()));
        for (int i = 0; i < 3; i++) {
            assertEquals(wanted.get(i), Files.exists(all.get(i)), names.get(i));
            if (wanted.get(i)) {
                assertArrayEquals(
                        together.get(i), Files.readAllBytes(all.get(i)), names.get(i) + " alone and with others");
            }
        }
        assertEquals(ofInput, err.contains("error "), err);
        // dbeta alone is a sum of dy.
        String transits = ofInput ? "two reads and one write" : ofWeight ? "two reads" : "one read";
        assertTrue(err.contains(transits + " of the tensor"), err);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT16,1e-5", "BFLOAT16,1e-5", "FLOAT32,1e-5", "FLOAT64,1e-12"})
    @Tag("device")
    void everyTypeComesBackAsItCame(ElementType type, double bound) throws IOException {
        String typed = folder.resolve("typed.safetensors") + "#";
        double[] gamma = Values.normal(type, 3, 8, 1, 1);
        ElementType other = type == ElementType.FLOAT32 ? ElementType.FLOAT16 : ElementType.FLOAT32;
        double[] beta = Values.normal(other, 4, 8, 0, 1);
        try (TensorOutput files = new TensorOutput()) {
            files.write(typed + "x", type, Values.doubles(x), SHAPE);
            files.write(typed + "dy", type, Values.doubles(dy), SHAPE);
            files.write(typed + "weight", type, gamma, 8);
            files.write(typed + "bias", other, beta, 8);
            files.commit();
        }
        String results = outputs.resolve("gradients.safetensors") + "#";
        done(execute(
                "grad",
                "group_norm",
                "--num-groups",
                "2",
                "-i",
                typed + "x",
                "--grad-output",
                typed + "dy",
                "--weight",
                typed + "weight",
                "--bias",
                typed + "bias",
                "--grad-input",
                results + "dx",
                "--grad-weight",
                results + "dw",
                "--grad-bias",
                results + "db"));
        double[] storedX = TensorFile.open(typed + "x").readDoubles();
        double[] storedDy = TensorFile.open(typed + "dy").readDoubles();
        Reference.Gradients expected =
                Reference.groupNorm(SHAPE, 1, 2).affine(gamma, beta).gradients(i -> storedX[i], i -> storedDy[i]);
        assertHolds(results + "dx", expected.input(), bound, "dx", SHAPE);
        assertHolds(results + "dw", expected.weight(), bound, "dw", 8);
        assertHolds(results + "db", expected.bias(), Math.max(bound, 1e-7), "db", 8);
        assertEquals(type, TensorFile.open(results + "dx").type());
        assertEquals(type, TensorFile.open(results + "dw").type());
        assertEquals(other, TensorFile.open(results + "db").type());
    }

    @ParameterizedTest
    @EnumSource(
            value = ElementType.class,
            names = {"FLOAT16", "FLOAT64"})
    @Tag("device")
    void gradientsOfParametersThatAreNotGivenHaveTheTypeOfTheInput(ElementType type) throws IOException {
        input = outputs.resolve("x.npy");
        gradOutput = outputs.resolve("dy.npy");
        try (TensorOutput files = new TensorOutput()) {
            files.write(input.toString(), type, Values.doubles(x), SHAPE);
            files.write(gradOutput.toString(), type, Values.doubles(dy), SHAPE);
            files.commit();
        }
        double[] storedX = TensorFile.open(input).readDoubles();
        double[] storedDy = TensorFile.open(gradOutput).readDoubles();
        done(gradients("batch_norm"));
        Reference.Gradients expected = Reference.batchNorm(SHAPE, 1).gradients(i -> storedX[i], i -> storedDy[i]);
        double bound = type == ElementType.FLOAT64 ? BOUND_64 : BOUND;
        assertHolds(gradWeight, expected.weight(), bound, "dw", 8);
        assertHolds(gradBias, expected.bias(), bound, "db", 8);
        assertEquals(type, TensorFile.open(gradWeight).type());
        assertEquals(type, TensorFile.open(gradBias).type());
    }

    @Test
    @Tag("device")
    void theGradientOfTheOutputMayBeTheOutput() {
        gradInput = gradOutput;
        done(gradients("group_norm --num-groups 4"));
        assertGradients(expected(Reference.groupNorm(SHAPE, 1, 4)), "group_norm", 8);
    }

    @Test
    @Tag("device")
    void anEmptyBatchGivesGradientsOfZero() {
        input = file("x.npy", TestFiles.npy(new long[] {0, 8, 4}));
        gradOutput = file("dy.npy", TestFiles.npy(new long[] {0, 8, 4}));
        done(gradients("group_norm --num-groups 4"));
        assertArrayEquals(new long[] {0, 8, 4}, TensorFile.open(gradInput).shape());
        assertArrayEquals(new double[8], TensorFile.open(gradWeight).readDoubles());
        assertArrayEquals(new double[8], TensorFile.open(gradBias).readDoubles());
        assertTrue(err.contains("empty"), err);
    }

    @Test
    @Tag("device")
    void theSummarySaysWhereHowAndHowExact() {
        done(gradients("group_norm --num-groups 4"));
        for (String name : List.of("device", "input", "plan", "time", "speed")) {
            assertFalse(line(name).isBlank(), err);
        }
        assertTrue(Double.parseDouble(line("error").split(" ")[0]) <= BOUND, err);
        done(gradients("group_norm --num-groups 4", "--quiet"));
        assertEquals("", err);
    }

    private String line(String name) {
        return err.lines()
                .filter(line -> line.startsWith(name + " "))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no line '" + name + "' in: " + err))
                .substring(name.length())
                .strip();
    }

    // Tensors that are larger than a buffer.

    private static GradCommand command(Object... arguments) {
        GradCommand command = new GradCommand();
        new CommandLine(command)
                .parseArgs(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        return command;
    }

    private static Grad.Result run(GradCommand command, DeviceInfo device) throws IOException {
        Request request = command.request();
        return command.grad(request, command.gradOutput(request), device).run();
    }

    @ParameterizedTest
    @ValueSource(strings = {"group_norm --num-groups 2", "layer_norm --normalized-shape 4,50", "batch_norm --eval"})
    @Tag("device")
    void anInputLargerThanABufferGoesByInParts(String operation) throws IOException {
        long[] shape = {7, 4, 50};
        float[] values = Values.normal(9, 1400, 2, 1);
        float[] gradients = Values.normal(10, 1400, 0, 1);
        float[] added = Values.normal(11, 1400, 0, 1);
        Path residual = file("r.npy", TestFiles.npy(shape, added));
        input = file("large.npy", TestFiles.npy(shape, values));
        gradOutput = file("large-dy.npy", TestFiles.npy(shape, gradients));
        List<Object> options = new ArrayList<>(List.of("--residual", residual));
        if (operation.contains("eval")) {
            options.addAll(
                    List.of("--running-mean", vector("m", 1, 2, 2, 1), "--running-var", vector("v", 4, 1, 2, 0)));
        }
        done(gradients(operation, options.toArray()));
        double[] dx = TensorFile.open(gradInput).readDoubles();
        double[] dw = TensorFile.open(gradWeight).readDoubles();
        double[] db = TensorFile.open(gradBias).readDoubles();
        List<Object> arguments = new ArrayList<>(List.of(operation.split(" ")));
        arguments.addAll(List.of(
                "-i",
                input,
                "--grad-output",
                gradOutput,
                "--grad-input",
                gradInput,
                "--grad-weight",
                gradWeight,
                "--grad-bias",
                gradBias));
        arguments.addAll(options);
        // Two samples of 800 bytes fit; the seventh is alone.
        DeviceInfo small = TestInfo.with(DeviceSelector.parse(null).select(), "maxBuffer", 2000L);
        Grad.Result result = run(command(arguments.toArray()), small);
        assertTrue(result.timing().inPieces());
        Errors.assertSameBits(dx, TensorFile.open(gradInput).readDoubles(), "in parts and at once");
        Errors.assertSameBits(dw, TensorFile.open(gradWeight).readDoubles(), "dw in parts and at once");
        Errors.assertSameBits(db, TensorFile.open(gradBias).readDoubles(), "db in parts and at once");
        if (operation.startsWith("group_norm")) {
            Reference.Gradients expected =
                    Reference.groupNorm(shape, 1, 2).gradients(i -> (double) values[i] + added[i], i -> gradients[i]);
            assertHolds(gradInput, expected.input(), BOUND, "dx in parts", shape);
            assertHolds(gradWeight, expected.weight(), BOUND, "dw in parts", 4);
            assertHolds(gradBias, expected.bias(), BOUND, "db in parts", 4);
        }
    }

    @Test
    @Tag("device")
    void theMemoryHoldsTwoTensors() throws IOException {
        GradCommand command = command(
                "group_norm", "--num-groups", "2", "-i", input, "--grad-output", gradOutput, "--grad-input", gradInput);
        // Half of it holds one sample of 480 bytes and its gradient.
        DeviceInfo small = TestInfo.with(DeviceSelector.parse(null).select(), "globalMemory", 2000L);
        assertEquals(2, run(command, small).timing().parts());
        assertHolds(gradInput, expected(Reference.groupNorm(SHAPE, 1, 2)).input(), BOUND, "dx", SHAPE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "batch_norm --activation gelu",
                "batch_norm --layout channels_last",
                "layer_norm --normalized-shape 6,50,9",
                "group_norm --num-groups 3"
            })
    @Tag("device")
    void whatBelongsTogetherAndDoesNotFitGoesInPieces(String operation) throws IOException {
        long[] shape = {4, 6, 50, 9};
        Path large = file("large.npy", TestFiles.npy(shape, Values.normal(9, 10_800, 2, 1)));
        Path dy = file("large-dy.npy", TestFiles.npy(shape, Values.normal(10, 10_800, 0, 1)));
        List<Object> arguments = new ArrayList<>(List.of(operation.split(" ")));
        arguments.addAll(List.of(
                "-i",
                large,
                "--grad-output",
                dy,
                "--grad-input",
                gradInput,
                "--grad-weight",
                gradWeight,
                "--grad-bias",
                gradBias));
        DeviceInfo device = DeviceSelector.parse(null).select();
        GradCommand command = command(arguments.toArray());
        assertFalse(run(command, device).timing().inPieces());
        double[] dx = TensorFile.open(gradInput).readDoubles();
        double[] dw = TensorFile.open(gradWeight).readDoubles();
        double[] db = TensorFile.open(gradBias).readDoubles();
        Grad.Result inPieces = run(command, TestInfo.with(device, "maxBuffer", 12_000L));
        assertTrue(inPieces.timing().inPieces());
        Errors.assertSameBits(dx, TensorFile.open(gradInput).readDoubles(), "dx");
        Errors.assertSameBits(dw, TensorFile.open(gradWeight).readDoubles(), "dw");
        Errors.assertSameBits(db, TensorFile.open(gradBias).readDoubles(), "db");
    }

    // Rejected requests.

    @Test
    void aRequestForNothing() throws IOException {
        refused(
                2,
                grad("layer_norm", "--grad-output", gradOutput),
                "no gradient is asked for",
                "--grad-input",
                "--grad-weight",
                "--grad-bias");
    }

    @Test
    void noGradientOfTheOutput() throws IOException {
        refused(2, grad("layer_norm", "--grad-input", gradInput), "--grad-output");
        Path missing = folder.resolve("missing.npy");
        refused(2, grad("layer_norm", "--grad-input", gradInput, "--grad-output", missing), missing, "no such file");
    }

    @Test
    void gradientsOfTheOutputThatDoNotFit() throws IOException {
        gradOutput = file("other.npy", TestFiles.npy(new long[] {2, 8, 5, 3}, new float[COUNT]));
        refused(
                2,
                gradientOfInput("layer_norm"),
                "other.npy",
                "holds float32 [2, 8, 5, 3]",
                "expected a gradient of the output of the input's type and shape, float32 [2, 8, 3, 5]");
        gradOutput = file("half.npy", TestFiles.npy("<f2", "(2, 8, 3, 5)", new byte[2 * COUNT]));
        refused(2, gradientOfInput("layer_norm"), "half.npy", "holds float16", "float32 [2, 8, 3, 5]");
    }

    @Test
    void twoGradientsOfOneName() throws IOException {
        refused(2, gradientOfInput("layer_norm", "--grad-weight", gradInput), gradInput, "named for two outputs");
        gradWeight = gradBias;
        refused(2, gradients("layer_norm"), "db.npy", "named for two outputs");
    }

    @Test
    void outputsThatCannotHoldTheirGradients() throws IOException {
        refused(2, gradientOfInput("layer_norm", "--grad-weight", outputs), outputs, "is a directory");
        refused(2, gradientOfInput("layer_norm", "--grad-bias", outputs.resolve("db.png")), ".npy");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "layer_norm --num-groups 4", "group_norm --normalized-shape 5", "group_norm --eval",
                "layer_norm --training", "group_norm --running-mean x.npy", "batch_norm --num-groups 2"
            })
    void optionsOfOtherOperations(String command) throws IOException {
        String[] words = command.split(" ");
        refused(2, gradientOfInput(command), words[1] + " does not belong to " + words[0]);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--output",
                "--mean-output",
                "--rstd-output",
                "--sum-output",
                "--running-mean-output",
                "--momentum"
            })
    void optionsOfRun(String option) throws IOException {
        refused(2, gradientOfInput("batch_norm", option, "0.npy"), option);
    }

    @Test
    void shapesThatDoNotFit() throws IOException {
        Path seven = vector("seven", 1, 1, 1, 1, 1, 1, 1);
        refused(2, gradientOfInput("batch_norm", "--weight", seven), "weight should contain 8 elements not 7");
        refused(2, gradientOfInput("batch_norm --eval", "--running-mean", seven), "--running-var is missing");
        refused(2, gradientOfInput("layer_norm --normalized-shape 4"), "Given normalized_shape=[4]", "[2, 8, 3, 5]");
        refused(2, gradientOfInput("group_norm --num-groups 3"), "divisible by num_groups", "num_groups=3");
    }

    @Test
    void aWrongRequestIsSaidBeforeADeviceIsLookedFor() throws IOException {
        gradOutput = file("other.npy", TestFiles.npy(new long[] {1}, new float[1]));
        refused(2, gradientOfInput("layer_norm", "--device", "no-such-device"), "other.npy");
        refused(2, gradientOfInput("layer_norm", "--device", "a,,b"), "'a,,b'");
    }

    @Test
    @Tag("device")
    void aSelectorThatMatchesNothing() throws IOException {
        refused(3, gradientOfInput("layer_norm", "--device", "no-such-device"), "no-such-device");
    }

    @Test
    void anOutputThatCannotBeWrittenLeavesTheOthers() throws IOException {
        refused(
                2,
                gradientOfInput(
                        "layer_norm", "--grad-bias", outputs.resolve("missing").resolve("db.npy")),
                "missing",
                "its folder does not exist");
    }

    @Test
    @Tag("device")
    void parametersThatNoArrayHolds() throws IOException {
        // Well-formed and empty; its weights would have 10^17 elements.
        input = file("x.npy", TestFiles.npy("<f4", "(0, 100000000000000000)", new byte[0]));
        gradOutput = file("dy.npy", TestFiles.npy("<f4", "(0, 100000000000000000)", new byte[0]));
        refused(2, gradients("layer_norm"), "100000000000000000", "Java array");
    }
}
