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
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code clnorm run}: every operation and option, from files to files. */
@Tag("slow")
class RunTest extends CommandLineFixture {

    private int operation(String name, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("run", name, "-i", input, "-o", output));
        arguments.addAll(List.of(options));
        return execute(arguments.toArray());
    }

    private double[] normalized(Reference reference) {
        return reference.normalize(i -> x[i]);
    }

    private static void assertHolds(Object file, double[] expected, String what, long... shape) {
        TensorFile result = TensorFile.open(file.toString());
        assertArrayEquals(shape, result.shape(), what);
        Errors.assertClose(expected, result.readFloats(), Errors.FORWARD, what);
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static double[] rstds(Reference.Moments moments, double eps) {
        return Arrays.stream(moments.variance())
                .map(v -> 1 / Math.sqrt(v + eps))
                .toArray();
    }

    private Path vector(String name, double... values) {
        float[] floats = new float[values.length];
        IntStream.range(0, values.length).forEach(i -> floats[i] = (float) values[i]);
        return file(name + ".npy", TestFiles.npy(new long[] {values.length}, floats));
    }

    // Operations.

    @Test
    @Tag("device")
    void layerNormAndRmsNormTakeTheLastDimensionUnlessTold() {
        done(operation("layer_norm"));
        assertHolds(output, normalized(Reference.layerNorm(SHAPE, 5)), "last dimension", SHAPE);
        done(operation("layer_norm", "--normalized-shape", "8,3,5"));
        assertHolds(output, normalized(Reference.layerNorm(SHAPE, 8, 3, 5)), "three dimensions", SHAPE);
        done(operation("rms_norm", "--normalized-shape", "3,5"));
        assertHolds(output, normalized(Reference.rmsNorm(SHAPE, 3, 5).eps(0x1p-23)), "rms_norm", SHAPE);
    }

    @Test
    @Tag("device")
    void parametersOfLayerNormHaveTheNormalizedShape() {
        float[] weight = Values.normal(2, 15, 1, 1);
        float[] bias = Values.normal(3, 15, 0, 1);
        Path w = file("w.npy", TestFiles.npy(new long[] {3, 5}, weight));
        Path b = file("b.npy", TestFiles.npy(new long[] {3, 5}, bias));
        done(operation("layer_norm", "--normalized-shape", "3,5", "--weight", w, "--bias", b, "--eps", "0.5"));
        Reference reference = Reference.layerNorm(SHAPE, 3, 5)
                .affine(doubles(weight), doubles(bias))
                .eps(0.5);
        assertHolds(output, normalized(reference), "layer_norm", SHAPE);
        done(operation("rms_norm", "--normalized-shape", "3,5", "--weight", w, "--bias", b, "--eps", "0.5"));
        reference = Reference.rmsNorm(SHAPE, 3, 5)
                .affine(doubles(weight), doubles(bias))
                .eps(0.5);
        assertHolds(output, normalized(reference), "rms_norm", SHAPE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"channels_first", "channels_last"})
    @Tag("device")
    void layoutsSayWhereTheChannelsAre(String name) {
        Layout layout = name.equals("channels_first") ? Layout.CHANNELS_FIRST : Layout.CHANNELS_LAST;
        int channels = layout == Layout.CHANNELS_FIRST ? 8 : 5;
        Path weight = vector("w", doubles(Values.normal(4, channels, 1, 1)));
        double[] gamma = TensorFile.open(weight).readDoubles();
        done(operation("group_norm", "--num-groups", channels == 8 ? "4" : "5", "--layout", name, "--weight", weight));
        assertHolds(
                output,
                normalized(Reference.groupNorm(SHAPE, layout.channelAxis(SHAPE.length), channels == 8 ? 4 : 5)
                        .affine(gamma, null)),
                name,
                SHAPE);
        done(operation("instance_norm", "--layout", name, "--weight", weight));
        assertHolds(
                output,
                normalized(Reference.instanceNorm(SHAPE, layout.channelAxis(SHAPE.length))
                        .affine(gamma, null)),
                name,
                SHAPE);
        done(operation("batch_norm", "--layout", name, "--weight", weight));
        assertHolds(
                output,
                normalized(Reference.batchNorm(SHAPE, layout.channelAxis(SHAPE.length))
                        .affine(gamma, null)),
                name,
                SHAPE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"relu", "silu", "gelu", "gelu_tanh", "SiLU", "GELU_TANH"})
    @Tag("device")
    void activationsAndResiduals(String name) {
        float[] added = Values.normal(5, COUNT, -1, 1);
        Path residual = file("r.npy", TestFiles.npy(SHAPE, added));
        Path sum = outputs.resolve("sum.npy");
        done(operation(
                "group_norm", "--num-groups", "2", "--activation", name, "--residual", residual, "--sum-output", sum));
        assertTrue(err.contains("two reads and two writes of the tensor"), err);
        Reference reference = Reference.groupNorm(SHAPE, 1, 2)
                .activation(Nonlinearity.valueOf(name.toUpperCase(java.util.Locale.ROOT)));
        assertHolds(output, reference.normalize(i -> (double) x[i] + added[i]), name, SHAPE);
        float[] sums = TensorFile.open(sum).readFloats();
        for (int i = 0; i < COUNT; i++) {
            assertEquals(x[i] + added[i], sums[i]);
        }
    }

    // Statistics.

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "group_norm --num-groups 4; 2,4",
                "instance_norm; 2,8",
                "batch_norm; 8",
                "layer_norm; 2,8,3",
                "layer_norm --normalized-shape 8,3,5; 2",
                "instance_norm --layout channels_last; 2,5"
            })
    @Tag("device")
    void meansAndRstdsHaveTheShapeOfTheirSets(String command, String shape) {
        List<String> words = new ArrayList<>(List.of(command.split(" ")));
        Path mean = outputs.resolve("mean.npy");
        Path rstd = outputs.resolve("rstd.safetensors");
        List<Object> options = new ArrayList<>(words.subList(1, words.size()));
        options.addAll(List.of("--mean-output", mean, "--rstd-output", rstd));
        done(operation(words.get(0), options.toArray()));
        long[] expected =
                Arrays.stream(shape.split(",")).mapToLong(Long::parseLong).toArray();
        Layout layout = command.contains("last") ? Layout.CHANNELS_LAST : Layout.CHANNELS_FIRST;
        Reference reference =
                switch (words.get(0)) {
                    case "group_norm" -> Reference.groupNorm(SHAPE, layout.channelAxis(SHAPE.length), 4);
                    case "instance_norm" -> Reference.instanceNorm(SHAPE, layout.channelAxis(SHAPE.length));
                    case "batch_norm" -> Reference.batchNorm(SHAPE, layout.channelAxis(SHAPE.length));
                    default -> expected.length == 1
                            ? Reference.layerNorm(SHAPE, 8, 3, 5)
                            : Reference.layerNorm(SHAPE, 5);
                };
        Reference.Moments moments = reference.moments(i -> x[i]);
        assertHolds(mean, moments.mean(), "mean", expected);
        assertHolds(rstd, rstds(moments, 1e-5), "rstd", expected);
        assertEquals(ElementType.FLOAT32, TensorFile.open(rstd).type());
    }

    @Test
    @Tag("device")
    void batchNormUpdatesRunningStatistics() {
        Path mean = outputs.resolve("mean.npy");
        Path var = outputs.resolve("var.npy");
        Reference.Moments moments = Reference.batchNorm(SHAPE, 1).moments(i -> x[i]);
        double unbiased = 30 / 29.0;
        // Without files they start with PyTorch's defaults: 0 and 1.
        done(operation("batch_norm", "--training", "--running-mean-output", mean, "--running-var-output", var));
        assertHolds(mean, Arrays.stream(moments.mean()).map(m -> 0.1 * m).toArray(), "mean", 8);
        assertHolds(
                var,
                Arrays.stream(moments.variance())
                        .map(v -> 0.9 + 0.1 * v * unbiased)
                        .toArray(),
                "var",
                8);
        done(operation(
                "batch_norm",
                "--momentum",
                "0.25",
                "--running-mean",
                vector("m", 1, 2, 3, 4, 5, 6, 7, 8),
                "--running-var",
                vector("v", 8, 7, 6, 5, 4, 3, 2, 1),
                "--running-mean-output",
                mean,
                "--running-var-output",
                var));
        assertHolds(
                mean,
                IntStream.range(0, 8)
                        .mapToDouble(c -> 0.75 * (c + 1) + 0.25 * moments.mean()[c])
                        .toArray(),
                "mean",
                8);
        assertHolds(
                var,
                IntStream.range(0, 8)
                        .mapToDouble(c -> 0.75 * (8 - c) + 0.25 * moments.variance()[c] * unbiased)
                        .toArray(),
                "var",
                8);
        assertHolds(output, normalized(Reference.batchNorm(SHAPE, 1)), "batch_norm", SHAPE);
    }

    @Test
    @Tag("device")
    void evaluationUsesRunningStatistics() {
        double[] mean = {1, 2, 3, 4, 5, 6, 7, 8};
        double[] var = {8, 7, 6, 5, 4, 3, 2, 1};
        Path meanOutput = outputs.resolve("mean.npy");
        Path rstdOutput = outputs.resolve("rstd.npy");
        Reference.Moments running = new Reference.Moments(mean, new double[8], var);
        double[] expected = Reference.batchNorm(SHAPE, 1).normalizeBy(running, i -> x[i]);
        for (String operation : List.of("batch_norm", "instance_norm")) {
            done(operation(
                    operation,
                    "--eval",
                    "--running-mean",
                    vector("m", mean),
                    "--running-var",
                    vector("v", var),
                    "--mean-output",
                    meanOutput,
                    "--rstd-output",
                    rstdOutput));
            assertHolds(output, expected, operation, SHAPE);
            long[] shape = operation.equals("batch_norm") ? new long[] {8} : new long[] {2, 8};
            int sets = operation.equals("batch_norm") ? 8 : 16;
            assertHolds(
                    meanOutput,
                    IntStream.range(0, sets).mapToDouble(i -> mean[i % 8]).toArray(),
                    "mean",
                    shape);
            assertHolds(
                    rstdOutput,
                    IntStream.range(0, sets)
                            .mapToDouble(i -> rstds(running, 1e-5)[i % 8])
                            .toArray(),
                    "rstd",
                    shape);
        }
    }

    @Test
    @Tag("device")
    void instanceNormUpdatesByTheMeanOverTheSamples() {
        Path mean = outputs.resolve("mean.npy");
        Path var = outputs.resolve("var.npy");
        Reference.Moments moments = Reference.instanceNorm(SHAPE, 1).moments(i -> x[i]);
        done(operation("instance_norm", "--training", "--running-mean-output", mean, "--running-var-output", var));
        assertHolds(
                mean,
                IntStream.range(0, 8)
                        .mapToDouble(c -> 0.1 * (moments.mean()[c] + moments.mean()[8 + c]) / 2)
                        .toArray(),
                "mean",
                8);
        assertHolds(
                var,
                IntStream.range(0, 8)
                        .mapToDouble(c -> 0.9 + 0.1 * (moments.variance()[c] + moments.variance()[8 + c]) / 2 * 15 / 14)
                        .toArray(),
                "var",
                8);
    }

    // Types and files.

    @ParameterizedTest
    @CsvSource({"FLOAT16,0x1p-11", "BFLOAT16,0x1p-8", "FLOAT64,1e-13"})
    @Tag("device")
    void everyTypeComesBackAsItCame(ElementType type, double bound) throws IOException {
        Path typed = folder.resolve("typed.safetensors");
        try (TensorOutput files = new TensorOutput()) {
            files.write(typed + "#features", type, doubles(x), SHAPE);
            files.write(typed + "#other", ElementType.FLOAT32, new double[] {1}, 1);
            files.commit();
        }
        double[] stored = TensorFile.open(typed + "#features").readDoubles();
        Path result = outputs.resolve("y.safetensors");
        done(execute(
                "run", "group_norm", "--num-groups", "2", "-i", typed + "#features", "-o", result + "#normalized"));
        TensorFile file = TensorFile.open(result + "#normalized");
        assertEquals(type, file.type());
        double[] expected = Reference.groupNorm(SHAPE, 1, 2).normalize(i -> stored[i]);
        double[] actual = file.readDoubles();
        for (int i = 0; i < COUNT; i++) {
            // Also a value that rounds up to just above a power of two, and the float32 bound of the arithmetic.
            double allowed = bound * Math.abs(expected[i]) + (type == ElementType.FLOAT64 ? bound : Errors.FORWARD);
            assertTrue(
                    Math.abs(actual[i] - expected[i]) <= allowed,
                    type + " at " + i + ": " + actual[i] + ", expected " + expected[i]);
        }
    }

    @Test
    @Tag("device")
    void anInputLargerThanABufferGoesByInParts() throws IOException {
        long[] shape = {7, 4, 50};
        float[] values = Values.normal(9, 1400, 2, 1);
        float[] added = Values.normal(10, 1400, 0, 1);
        Path large = file("large.npy", TestFiles.npy(shape, values));
        Path residual = file("r.npy", TestFiles.npy(shape, added));
        DeviceInfo device = DeviceSelector.parse(null).select();
        // Two samples of 800 bytes fit; the seventh is alone.
        DeviceInfo small = TestInfo.with(device, "maxBuffer", 2000L);
        Path mean = outputs.resolve("mean.npy");
        RunCommand command = new RunCommand();
        new CommandLine(command)
                .parseArgs(
                        "group_norm",
                        "--num-groups",
                        "2",
                        "-i",
                        large.toString(),
                        "-o",
                        output.toString(),
                        "--residual",
                        residual.toString(),
                        "--mean-output",
                        mean.toString());
        Run.Result result = command.run(command.request(), small).run();
        assertEquals(4, result.timing().parts());
        Reference reference = Reference.groupNorm(shape, 1, 2);
        assertHolds(output, reference.normalize(i -> (double) values[i] + added[i]), "in parts", shape);
        assertHolds(mean, reference.moments(i -> (double) values[i] + added[i]).mean(), "means of parts", 7, 2);
        float[] inParts = TensorFile.open(output).readFloats();
        done(execute("run", "group_norm", "--num-groups", "2", "-i", large, "-o", output, "--residual", residual));
        Errors.assertSameBits(TensorFile.open(output).readFloats(), inParts, "in parts and at once");
    }

    /** A stage that fails ends the others, and no file is replaced. */
    @Test
    @Tag("device")
    void aPartThatCannotBeWrittenEndsTheRun() throws IOException {
        Path large = file("large.npy", TestFiles.npy(new long[] {7, 4, 50}, Values.normal(9, 1400, 2, 1)));
        Path old = Files.write(output, new byte[] {1, 2, 3});
        DeviceInfo small = TestInfo.with(DeviceSelector.parse(null).select(), "maxBuffer", 2000L);
        RunCommand command = new RunCommand();
        new CommandLine(command)
                .parseArgs(
                        "group_norm",
                        "--num-groups=2",
                        "-i",
                        large.toString(),
                        "-o",
                        output.toString(),
                        "--residual",
                        large.toString(),
                        "--sum-output",
                        "/dev/full");
        Request request = command.request();
        String message = org.junit.jupiter.api.Assertions.assertThrows(
                        Exception.class, () -> command.run(request, small).run())
                .getMessage();
        assertTrue(message.contains("/dev/full"), message);
        assertEquals(3, Files.size(old));
        try (var left = Files.list(outputs)) {
            assertEquals(1, left.count());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "group_norm --num-groups 2 --activation silu",
                "group_norm --num-groups 1 --layout channels_last",
                "instance_norm --running-mean-output mean.npy --running-var-output var.npy",
                "batch_norm --running-mean-output mean.npy --running-var-output var.npy",
                "batch_norm --layout channels_last",
                "batch_norm --eval --running-mean w.npy --running-var w.npy",
                "layer_norm --normalized-shape 6,50,9 --residual large.npy --sum-output sum.npy"
            })
    @Tag("device")
    void whatBelongsTogetherAndDoesNotFitGoesInPieces(String arguments) throws IOException {
        long[] shape = {4, 6, 50, 9};
        Path large = file("large.npy", TestFiles.npy(shape, Values.normal(9, 10_800, 2, 1)));
        Path folder = large.getParent();
        int channels = arguments.contains("channels_last") ? 9 : 6;
        file("w.npy", TestFiles.npy(new long[] {channels}, Values.constant(channels, 1.5f)));
        List<Path> written = new ArrayList<>(List.of(output));
        List<String> all = new ArrayList<>();
        for (String word : arguments.split(" ")) {
            boolean isFile = word.endsWith(".npy");
            boolean isInput = word.equals("w.npy") || word.equals("large.npy");
            all.add(!isFile ? word : (isInput ? folder : outputs).resolve(word).toString());
            if (isFile && !isInput) {
                written.add(outputs.resolve(word));
            }
        }
        all.addAll(List.of("-i", large.toString(), "-o", output.toString()));
        if (!arguments.contains("--eval") && !arguments.startsWith("layer")) {
            all.addAll(List.of("--weight", folder.resolve("w.npy").toString()));
        }
        if (arguments.startsWith("batch_norm") && !arguments.contains("--eval")) {
            written.add(outputs.resolve("rstd.npy"));
            all.addAll(List.of("--rstd-output", outputs.resolve("rstd.npy").toString()));
        }
        DeviceInfo device = DeviceSelector.parse(null).select();
        RunCommand command = new RunCommand();
        new CommandLine(command).parseArgs(all.toArray(String[]::new));
        assertFalse(command.run(command.request(), device).run().timing().inPieces());
        List<float[]> expected = new ArrayList<>();
        for (Path file : written) {
            expected.add(TensorFile.open(file.toString()).readFloats());
            Files.delete(file);
        }
        Run.Result inPieces = command.run(command.request(), TestInfo.with(device, "maxBuffer", 5000L))
                .run();
        assertTrue(inPieces.timing().inPieces());
        assertTrue(inPieces.check().error().toString().length() > 0);
        for (int i = 0; i < written.size(); i++) {
            Errors.assertSameBits(
                    expected.get(i),
                    TensorFile.open(written.get(i).toString()).readFloats(),
                    arguments + ": " + written.get(i).getFileName());
        }
    }

    // Rejected requests.

    @ParameterizedTest
    @ValueSource(
            strings = {
                "layer_norm --num-groups 4",
                "group_norm --normalized-shape 5",
                "group_norm --eval",
                "rms_norm --momentum 1",
                "layer_norm --training",
                "group_norm --running-mean x.npy",
                "batch_norm --num-groups 2"
            })
    void optionsOfOtherOperations(String command) throws IOException {
        String[] words = command.split(" ");
        Object[] options = Arrays.copyOfRange(words, 1, words.length, Object[].class);
        refused(2, operation(words[0], options), words[1] + " does not belong to " + words[0]);
    }

    @Test
    void contradictions() throws IOException {
        refused(2, operation("batch_norm", "--training", "--eval"), "--training and --eval");
        refused(2, operation("batch_norm", "--eval"), "--eval needs --running-mean and --running-var");
        Path eight = vector("eight", 1, 1, 1, 1, 1, 1, 1, 1);
        refused(2, operation("batch_norm", "--eval", "--running-mean", eight), "--running-var is missing");
        refused(
                2,
                operation(
                        "batch_norm",
                        "--eval",
                        "--running-mean",
                        eight,
                        "--running-var",
                        eight,
                        "--running-mean-output",
                        outputs.resolve("m.npy")),
                "--eval");
        refused(2, operation("rms_norm", "--mean-output", outputs.resolve("m.npy")), "takes no mean");
        refused(2, operation("layer_norm", "--sum-output", outputs.resolve("s.npy")), "--residual");
    }

    @Test
    void wordsThatAreNotKnown() throws IOException {
        refused(2, operation("layer_norm", "--layout", "nhwc"), "--layout", "nhwc", "channels_last");
        refused(2, operation("layer_norm", "--activation", "tanh"), "--activation", "tanh", "gelu");
        refused(2, operation("layer_norm", "--tune", "sometimes"), "--tune", "sometimes", "cached");
        refused(2, operation("layer_norm", "--normalized-shape", "5,x"), "--normalized-shape", "x");
        refused(2, operation("batch_norm", "--momentum", "NaN"), "--momentum");
    }

    @Test
    void shapesThatDoNotFit() throws IOException {
        refused(
                2,
                operation("layer_norm", "--normalized-shape", "4"),
                "Given normalized_shape=[4], expected input with shape [*, 4], but got input of size [2, 8, 3, 5]");
        Path seven = vector("seven", 1, 1, 1, 1, 1, 1, 1);
        refused(2, operation("batch_norm", "--running-mean", seven), "running_mean should contain 8 elements not 7");
        refused(2, operation("batch_norm", "--weight", seven), "weight should contain 8 elements not 7");
        refused(
                2,
                operation("layer_norm", "--weight", seven),
                "Expected weight to be of same shape as normalized_shape, but got weight of shape [7] and"
                        + " normalized_shape = [5]");
        Path other = file("other.npy", TestFiles.npy(new long[] {2, 8, 5, 3}, new float[COUNT]));
        refused(2, operation("layer_norm", "--residual", other), "residual", "[2, 8, 5, 3]", "[2, 8, 3, 5]");
        Path half = file("half.npy", TestFiles.npy("<f2", "(2, 8, 3, 5)", new byte[2 * COUNT]));
        refused(2, operation("layer_norm", "--residual", half), "float16", "float32");
    }

    @Test
    void oneValueAChannelInTraining() throws IOException {
        Path one = file("one.npy", TestFiles.npy(new long[] {1, 10, 1}, new float[10]));
        refused(
                2,
                execute("run", "batch_norm", "-i", one, "-o", output),
                "Expected more than 1 value per channel when training, got input size [1, 10, 1]");
        refused(
                2,
                execute("run", "instance_norm", "-i", one, "-o", output),
                "Expected more than 1 spatial element when training, got input size [1, 10, 1]");
    }

    @Test
    void tensorsThatAreNotThere() throws IOException {
        Path several = folder.resolve("several.safetensors");
        try (TensorOutput files = new TensorOutput()) {
            files.write(several + "#first", ElementType.FLOAT32, doubles(x), SHAPE);
            files.write(several + "#second", ElementType.FLOAT32, doubles(x), SHAPE);
            files.commit();
        }
        refused(2, execute("run", "layer_norm", "-i", several, "-o", output), "first", "second");
        refused(2, execute("run", "layer_norm", "-i", several + "#third", "-o", output), "third");
    }
}
