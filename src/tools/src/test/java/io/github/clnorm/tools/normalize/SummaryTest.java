package io.github.clnorm.tools.normalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.Values;
import io.github.clnorm.tools.testing.CommandLineFixture;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What run and grad compare with float64, what they print about it, and when they replace their outputs. */
@Tag("slow")
class SummaryTest extends CommandLineFixture {

    private String line(String name) {
        return err.lines()
                .filter(line -> line.startsWith(name + " "))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no line '" + name + "' in: " + err));
    }

    private int operation(String name, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("run", name, "-i", input, "-o", output));
        arguments.addAll(List.of(options));
        return execute(arguments.toArray());
    }

    // Text.

    @Test
    @Tag("device")
    void rmsNormShowsTheTrueMeanAndTheRootMeanSquare() {
        input = file("x.npy", TestFiles.npy(new long[] {1, 4}, 10, 10, 10, 11));
        done(operation("rms_norm"));
        assertTrue(err.contains("mean before    rms before    mean after     rms after"), err);
        String[] row = err.lines()
                .filter(line -> line.strip().startsWith("(0)"))
                .findFirst()
                .orElseThrow()
                .strip()
                .split("\\s+");
        assertEquals(List.of("(0)", "10.250", "10.259", "0.99911", "1.0000"), Arrays.asList(row));
        assertFalse(err.contains("std"), err);
        done(operation("layer_norm"));
        assertTrue(err.contains("mean before    std before"), err);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "layer_norm; 0,8; 0 rows of 8 elements",
                "rms_norm; 0,8; 0 rows of 8 elements",
                "layer_norm; 4,0; 4 rows of 0 elements",
                "layer_norm --normalized-shape 4,2; 0,4,2; 0 rows of 8 elements",
                "group_norm --num-groups 2; 0,8,3; 0 x 2 groups of 4 channels, 12 elements each",
                "instance_norm; 0,8,3; 0 x 8 channels, 3 elements each",
                "batch_norm; 0,8,3; 8 channels, 0 elements each"
            })
    @Tag("device")
    void emptySetsAreDescribedAsTheyAre(String command, String shape, String expected) {
        long[] dimensions =
                Arrays.stream(shape.split(",")).mapToLong(Long::parseLong).toArray();
        input = file("x.npy", TestFiles.npy(dimensions));
        String[] words = command.split(" ");
        done(operation(words[0], (Object[]) Arrays.copyOfRange(words, 1, words.length)));
        assertTrue(line("input").endsWith(": " + expected), err);
    }

    @Test
    @Tag("device")
    void aResultOfNothingButNaNHasNoErrorToMeasure() {
        float[] values = new float[8];
        Arrays.fill(values, Float.NaN);
        input = file("x.npy", TestFiles.npy(new long[] {2, 4}, values));
        done(operation("layer_norm"));
        assertEquals("error   none to measure: all values are NaN, in float64 too", line("error"));
    }

    // The default eps of rms_norm.

    @ParameterizedTest
    @EnumSource(ElementType.class)
    @Tag("device")
    void theDefaultEpsOfRmsNormIsOfTheTypeThatIsComputedIn(ElementType type) throws IOException {
        // Small enough that the eps of bfloat16, 2^-7, would halve the result.
        double[] values = Values.normal(type, 3, COUNT, 0, 0.01);
        double[] gradients = Values.normal(type, 4, COUNT, 0, 1);
        Path typed = folder.resolve("typed.safetensors");
        try (TensorOutput files = new TensorOutput()) {
            files.write(typed + "#x", type, values, SHAPE);
            files.write(typed + "#dy", type, gradients, SHAPE);
            files.commit();
        }
        Path result = outputs.resolve("y.safetensors");
        Path gradient = outputs.resolve("dx.safetensors");
        done(execute("run", "rms_norm", "-i", typed + "#x", "-o", result));
        done(execute("grad", "rms_norm", "-i", typed + "#x", "--grad-output", typed + "#dy", "--grad-input", gradient));
        double eps = type == ElementType.FLOAT64 ? 0x1p-52 : 0x1p-23;
        Reference reference = Reference.rmsNorm(SHAPE, 5).eps(eps);
        double bound = type.epsilon() + 1e-5;
        assertClose(reference.normalize(i -> values[i]), TensorFile.open(result).readDoubles(), bound);
        assertClose(
                reference.gradients(i -> values[i], i -> gradients[i]).input(),
                TensorFile.open(gradient).readDoubles(),
                bound);
    }

    private static void assertClose(double[] expected, double[] actual, double bound) {
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        for (int i = 0; i < expected.length; i++) {
            assertTrue(Math.abs(actual[i] - expected[i]) <= bound * largest, i + ": " + actual[i] + ", " + expected[i]);
        }
    }

    // Outputs are only replaced if everything succeeds.

    private static <T> T parsed(T command, Object... arguments) {
        new CommandLine(command)
                .parseArgs(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        return command;
    }

    private Object[] runArguments(Object... more) {
        List<Object> all = new ArrayList<>(List.of("group_norm", "--num-groups", "2", "-i", input, "-o", output));
        all.addAll(List.of(more));
        return all.toArray();
    }

    private Object[] gradArguments(Object... more) {
        List<Object> all = new ArrayList<>(List.of(
                "group_norm", "--num-groups", "2", "-i", input, "--grad-output", input, "--grad-input", output));
        all.addAll(List.of(more));
        return all.toArray();
    }

    private void run(Function<DeviceInfo, OpenCl> port, Object... more) throws IOException {
        RunCommand command = parsed(new RunCommand(), runArguments(more));
        command.run(command.request(), DeviceSelector.parse(null).select())
                .through(port)
                .run();
    }

    private void grad(Function<DeviceInfo, OpenCl> port, Object... more) throws IOException {
        GradCommand command = parsed(new GradCommand(), gradArguments(more));
        Request request = command.request();
        command.grad(
                        request,
                        command.gradOutput(request),
                        DeviceSelector.parse(null).select())
                .through(port)
                .run();
    }

    private void assertNothingReplaced() throws IOException {
        assertArrayEquals(OLD, Files.readAllBytes(output));
        assertEquals(List.of("y.npy"), files());
    }

    /** A device that computes one element wrong: from the n-th read on, the first value is different. */
    private static OpenCl wrong(DeviceInfo device, int n, float value) {
        OpenCl real = JoclOpenCl.open(device, true);
        int[] reads = new int[1];
        return (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    try {
                        Object result = method.invoke(real, arguments);
                        if (method.getName().equals("read") && ++reads[0] >= n) {
                            ByteBuffer target = (ByteBuffer) arguments[2];
                            target.putFloat(target.position(), value);
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @ParameterizedTest
    @ValueSource(floats = {1000, -0.5f, Float.NaN, Float.POSITIVE_INFINITY})
    @Tag("device")
    void aResultBeyondTheBoundIsAFailureAndReplacesNothing(float value) throws IOException {
        String message = assertThrows(InexactException.class, () -> run(device -> wrong(device, 2, value)))
                .getMessage();
        assertTrue(
                message.startsWith("the result is wrong: 1 of 240 elements compared with float64 are beyond the bound"
                        + " of 5e-05, by "),
                message);
        assertTrue(message.contains("no file was replaced"), message);
        assertNothingReplaced();
        message = assertThrows(InexactException.class, () -> grad(device -> wrong(device, 3, value)))
                .getMessage();
        assertTrue(message.contains("beyond the bound of 2e-05"), message);
        assertNothingReplaced();
    }

    /** Without a summary nothing is compared, as the option's help says. */
    @Test
    @Tag("device")
    void quietComparesNothing() throws IOException {
        run(device -> wrong(device, 1, 1000), "--quiet");
        assertEquals(1000, TensorFile.open(output).readFloats()[0]);
        assertTrue(new CommandLine(new RunCommand())
                .getUsageMessage()
                .replaceAll("\\s+", " ")
                .contains("skip the comparison with float64"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"release Memory", "release Kernel", "release Program", "finish", "close"})
    @Tag("device")
    void aDeviceThatFailsOnTheWayOutLeavesOlderFiles(String call) throws IOException {
        for (int n = 1; n <= 40; n++) {
            FaultyOpenCl[] faulty = new FaultyOpenCl[1];
            int number = n;
            Function<DeviceInfo, OpenCl> port = device -> {
                faulty[0] = new FaultyOpenCl(JoclOpenCl.open(device, true));
                faulty[0].fail(call, number);
                return faulty[0].port();
            };
            boolean failed = false;
            for (boolean forward : new boolean[] {true, false}) {
                Files.write(output, OLD);
                try {
                    if (forward) {
                        run(port);
                    } else {
                        grad(port);
                    }
                    assertEquals(240, TensorFile.open(output).readFloats().length, call + " " + n);
                } catch (ClException e) {
                    failed = true;
                    assertNothingReplaced();
                }
            }
            if (!failed) {
                assertTrue(n > 1, call + " is never made, or may fail without a word");
                return;
            }
        }
    }

    // Allowed errors.

    /** Errors are no failure for inputs with no promised bound, or with a larger one. */
    @ParameterizedTest
    @CsvSource({
        "FLOAT32,1e6,NONE",
        "FLOAT32,1e4,NONE",
        "FLOAT32,1e6,RELU",
        "FLOAT32,1e4,SILU",
        "FLOAT16,300,RELU",
        "FLOAT16,300,SILU",
        "FLOAT64,1e9,NONE"
    })
    @Tag("device")
    void demandingInputsStillRun(ElementType type, double mean, Activation activation) throws IOException {
        double[] values = Values.normal(type, 5, COUNT, mean, 1);
        double[] large = Values.normal(ElementType.FLOAT32, 6, 8, 0, 3000);
        Path typed = folder.resolve("typed.safetensors");
        try (TensorOutput files = new TensorOutput()) {
            files.write(typed + "#x", type, values, SHAPE);
            files.write(typed + "#r", type, Values.normal(type, 7, COUNT, -mean / 3, 1), SHAPE);
            files.write(typed + "#w", ElementType.FLOAT64, large, 8);
            files.write(typed + "#dy", type, Values.normal(type, 8, COUNT, 0, 1e-3), SHAPE);
            files.commit();
        }
        Object[] options = {
            "group_norm",
            "--num-groups",
            "2",
            "-i",
            typed + "#x",
            "--residual",
            typed + "#r",
            "--weight",
            typed + "#w",
            "--bias",
            typed + "#w",
            "--activation",
            activation.name().toLowerCase(Locale.ROOT)
        };
        List<Object> run = new ArrayList<>(List.of("run", "-o", outputs.resolve("y.safetensors")));
        run.addAll(List.of(options));
        done(execute(run.toArray()));
        List<Object> grad = new ArrayList<>(
                List.of("grad", "--grad-output", typed + "#dy", "--grad-input", outputs.resolve("dx.safetensors")));
        grad.addAll(List.of(options));
        done(execute(grad.toArray()));
        assertTrue(err.contains("three reads and one write of the tensor"), err);
    }

    /** A half that overflows is stored as infinity, which is correct rounding. */
    @Test
    @Tag("device")
    void overflowOfTheStoredTypeIsNoFailure() throws IOException {
        Path typed = folder.resolve("typed.safetensors");
        double[] weight = new double[8];
        Arrays.fill(weight, 60000);
        try (TensorOutput files = new TensorOutput()) {
            files.write(typed + "#x", ElementType.FLOAT16, Values.doubles(x), SHAPE);
            files.write(typed + "#w", ElementType.FLOAT32, weight, 8);
            files.commit();
        }
        Path result = outputs.resolve("y.safetensors");
        done(execute("run", "batch_norm", "-i", typed + "#x", "--weight", typed + "#w", "-o", result));
        assertTrue(Arrays.stream(TensorFile.open(result).readDoubles()).anyMatch(Double::isInfinite));
    }

    // Memory.

    @Test
    void asManyElementsAreComparedAsJavasMemoryHolds() {
        assertEquals(1L << 25, HeapLimit.elements(1L << 25, 8L << 30, 24, 100, 1000));
        // Half of 256 MiB, at 24.1 bytes an element.
        assertEquals((long) ((128 << 20) / 24.1), HeapLimit.elements(1L << 25, 256 << 20, 24, 100, 1000));
        assertEquals((128 << 20) / 124, HeapLimit.elements(1L << 25, 256 << 20, 24, 100, 1));
        assertEquals((128 << 20) / 124, HeapLimit.elements(1L << 25, 256 << 20, 24, 100, 0));
    }

    @Test
    @Tag("device")
    void whatDoesNotFitIsComparedInPartOrNotAtAll() throws IOException {
        RunCommand command = parsed(new RunCommand(), runArguments());
        DeviceInfo device = DeviceSelector.parse(null).select();
        RunCommand.Outputs only = new RunCommand.Outputs(output.toString(), null, null, null, null, null);
        Run.Result result = new Run(command.request(), only, 0.1, device, 130).run();
        assertNotNull(result.check());
        assertEquals(1, result.check().samples());
        assertNull(new Run(command.request(), only, 0.1, device, 119).run().check());
        RunCommand batch = parsed(new RunCommand(), "batch_norm", "-i", input, "-o", output);
        assertNull(new Run(batch.request(), only, 0.1, device, 239).run().check());
    }

    /** A tensor of a quarter of Java's heap: as doubles, with its result, it would take the whole heap. */
    @Test
    @Tag("device")
    void aTensorThatFillsJavasMemoryIsNormalizedWithItsSummary() throws IOException, InterruptedException {
        int count = 4 << 20;
        Path large = file("large.npy", TestFiles.npy(new long[] {4096, 1024}, Values.normal(1, count, 0, 1)));
        Path said = folder.resolve("err.txt");
        for (String command :
                List.of("run layer_norm -o", "grad layer_norm --grad-output " + large + " --grad-input")) {
            List<String> words = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx64m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "io.github.clnorm.tools.Main"));
            words.addAll(List.of(command.split(" ")));
            words.addAll(List.of(outputs.resolve("large.npy").toString(), "-i", large.toString()));
            ProcessBuilder builder = new ProcessBuilder(words)
                    .redirectError(said.toFile())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            assertEquals(0, builder.start().waitFor(), Files.readString(said));
            err = Files.readString(said);
            assertTrue(line("error").contains("in the first ") && line("error").contains(" of 4096 samples"), err);
        }
    }
}
