package io.github.clnorm.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.Devices;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.Values;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.CommandLineFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line's interface for scripts: files, both streams and the exit code. */
@Tag("slow")
class MainTest extends CommandLineFixture {

    // Invalid requests.

    @Test
    void noCommand() throws IOException {
        refused(2, execute(), "no command given", "expected one of", "run", "grad", "devices", "doctor");
    }

    @Test
    void unknownCommand() throws IOException {
        refused(2, execute("frobnicate"), "'frobnicate'", "expected one of", "run", "grad", "devices", "doctor");
    }

    @Test
    void theTestsAreRunByTheLauncher() throws IOException {
        refused(2, execute("test"), "./clnorm test");
    }

    @Test
    void unknownOption() throws IOException {
        refused(2, run("--num-groups", "2", "--frobnicate"), "'--frobnicate'");
    }

    @Test
    void unknownOptionOfDevices() throws IOException {
        refused(2, execute("devices", "--frobnicate"), "'--frobnicate'");
    }

    @Test
    void abbreviatedOption() throws IOException {
        refused(2, run("--num-group", "2"), "'--num-group'");
    }

    @Test
    void oneArgumentTooMany() throws IOException {
        refused(2, run("--num-groups", "2", "instance_norm"), "'instance_norm'");
    }

    @Test
    void unknownOperation() throws IOException {
        int code = execute("run", "frobnicate", "-i", input, "-o", output);
        refused(2, code, "unknown operation 'frobnicate'", "expected group_norm, layer_norm", "rms_norm");
    }

    @Test
    void noOperation() throws IOException {
        refused(2, execute("run", "-i", input, "-o", output), "OP");
    }

    @Test
    void noInputAndNoOutput() throws IOException {
        refused(2, execute("run", "group_norm", "-o", output), "--input");
        refused(2, execute("run", "group_norm", "-i", input), "--output");
    }

    @Test
    void channelsThatDoNotDivide() throws IOException {
        Path seven = file("seven.npy", TestFiles.npy(new long[] {2, 7, 4}, new float[56]));
        refused(
                2,
                run(seven, "--num-groups", "2"),
                "Expected number of channels in input to be divisible by num_groups, but got input of shape [2, 7, 4]"
                        + " and num_groups=2");
    }

    @Test
    void channelsThatDoNotDivideByTheDefault() throws IOException {
        refused(2, run(), "Expected number of channels in input to be divisible by num_groups", "num_groups=32");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-2"})
    void groupsThatAreNone(String groups) throws IOException {
        refused(2, run("--num-groups", groups), "Expected num groups to be greater than 0, got " + groups);
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "2.5", "", "99999999999999999999"})
    void groupsThatAreNoNumber(String groups) throws IOException {
        refused(2, run("--num-groups=" + groups), "--num-groups", "'" + groups + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nan", "NaN", "Infinity", "abc"})
    void epsThatIsNoNumber(String eps) throws IOException {
        refused(2, run("--num-groups", "2", "--eps", eps), "--eps", eps);
    }

    @Test
    void tensorOfOneDimension() throws IOException {
        Path one = file("one.npy", TestFiles.npy(new long[] {8}, new float[8]));
        refused(2, run(one, "--num-groups", "2"), "Expected at least 2 dimensions", "received 1", "[8]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"weight", "bias"})
    void parameterOfWrongLength(String name) throws IOException {
        Path wrong = file("wrong.npy", TestFiles.npy(new long[] {7}, new float[7]));
        refused(
                2,
                run("--num-groups", "2", "--" + name, wrong),
                "Expected " + name + " to be a vector of size equal to the number of channels",
                "[7]",
                "[2, 8, 3, 5]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"weight", "bias"})
    void parameterOfWrongRank(String name) throws IOException {
        Path wrong = file("wrong.npy", TestFiles.npy(new long[] {8, 2}, new float[16]));
        refused(2, run("--num-groups", "2", "--" + name, wrong), name, "[8, 2]");
    }

    @Test
    void missingParameter() throws IOException {
        Path missing = folder.resolve("missing.npy");
        refused(2, run("--num-groups", "2", "--weight", missing), missing, "no such file");
        refused(2, run("--num-groups", "2", "--bias", missing), missing, "no such file");
    }

    @Test
    void missingInput() throws IOException {
        Path missing = folder.resolve("missing.npy");
        refused(2, run(missing, "--num-groups", "2"), missing, "no such file");
    }

    @Test
    void inputThatIsAFolder() throws IOException {
        refused(2, run(folder, "--num-groups", "2"), folder, "is a directory");
    }

    /** An unusable input, and what the message must contain besides its path. */
    private record BadInput(String name, byte[] bytes, String... says) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<BadInput> badInputs() {
        byte[] whole = TestFiles.npy(SHAPE, new float[COUNT]);
        String shape = TestFiles.python(SHAPE);
        return Stream.of(
                new BadInput("empty", new byte[0], "not a .npy file"),
                new BadInput("text", OLD, "not a .npy file"),
                new BadInput(
                        "cut in the data",
                        Arrays.copyOf(whole, whole.length - 4),
                        "truncated",
                        "takes 960 bytes",
                        "the file has 956"),
                new BadInput("cut in the header", Arrays.copyOf(whole, 50), "truncated", "the file has 50"),
                new BadInput(
                        "oversized header",
                        TestFiles.npy(2, 0xfffffff0L, new byte[0], new byte[64]),
                        "4294967280",
                        "expected at most"),
                new BadInput("int32", TestFiles.npy("<i4", shape, new byte[4 * COUNT]), "'<i4'", "expected float16"),
                new BadInput("complex", TestFiles.npy("<c8", shape, new byte[8 * COUNT]), "'<c8'", "expected float16"));
    }

    @ParameterizedTest
    @MethodSource("badInputs")
    void inputThatCannotBeUsed(BadInput bad) throws IOException {
        Path file = file("bad.npy", bad.bytes);
        refused(2, run(file, "--num-groups", "2"), file);
        refused(2, run(file, "--num-groups", "2"), (Object[]) bad.says);
    }

    @Test
    void parameterThatCannotBeRead() throws IOException {
        Path file = file("bad.npy", TestFiles.npy("<i8", "(8,)", new byte[64]));
        refused(2, run("--num-groups", "2", "--weight", file), file, "'<i8'");
    }

    @Test
    void argumentsAreNotReadFromFiles() throws IOException {
        // A name may begin with @: the file's content is not part of the command line.
        refused(
                2,
                execute("run", "group_norm", "--num-groups", "2", "-i", "@" + input, "-o", output),
                "@" + input,
                "no such file");
    }

    @Test
    void outputThatIsAFolder() throws IOException {
        int code = execute("run", "group_norm", "--num-groups", "2", "-i", input, "-o", outputs);
        refused(2, code, outputs, "is a directory", "expected a file");
    }

    @Test
    void outputOfAnotherFormat() throws IOException {
        Path png = outputs.resolve("y.png");
        refused(2, execute("run", "group_norm", "--num-groups", "2", "-i", input, "-o", png), png, ".npy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--mean-output", "--rstd-output"})
    void statisticsIntoAFolder(String option) throws IOException {
        refused(2, run("--num-groups", "2", option, outputs), outputs, "is a directory");
    }

    @Test
    void twoOutputsOfOneName() throws IOException {
        refused(2, run("--num-groups", "2", "--mean-output", output), output);
        refused(
                2,
                run("--num-groups", "2", "--rstd-output", outputs.resolve(".").resolve("y.npy")),
                "y.npy");
        Path both = outputs.resolve("both.npy");
        refused(2, run("--num-groups", "2", "--mean-output", both, "--rstd-output", both), both);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a,,b", ",", "gpu,", ",cpu"})
    void selectorWithAnEmptyTerm(String selector) throws IOException {
        refused(2, run("--num-groups", "2", "--device", selector), "'" + selector + "'", "expected");
    }

    @Test
    @Tag("device")
    void selectorThatMatchesNothing() throws IOException {
        List<DeviceInfo> devices = Devices.of(Devices.platforms());
        refused(
                3,
                run("--num-groups", "2", "--device", "nothing-matches"),
                "'nothing-matches'",
                "--device",
                devices.get(0).selector() + " ",
                devices.get(0).name());
        refused(
                3,
                run("--num-groups", "2", "--device", "99:99"),
                "'99:99'",
                devices.get(0).name());
    }

    @Test
    void aWrongRequestIsSaidBeforeADeviceIsLookedFor() throws IOException {
        refused(2, run("--num-groups", "3", "--device", "nothing-matches"), "divisible by num_groups");
    }

    /** An unwritable output is an invalid request, rejected before a device is selected. */
    @Test
    void outputInAMissingFolder() throws IOException {
        Path lost = outputs.resolve("missing").resolve("y.npy");
        refused(
                2,
                execute("run", "group_norm", "--num-groups", "2", "-i", input, "-o", lost, "--device", "nothing"),
                lost,
                "its folder does not exist");
        Path below = input.resolve("y.npy");
        refused(
                2,
                execute("run", "group_norm", "--num-groups", "2", "-i", input, "-o", below, "--device", "nothing"),
                below,
                "cannot be written");
    }

    @Test
    void statisticsInAMissingFolderLeaveTheOutput() throws IOException {
        Path lost = outputs.resolve("missing").resolve("mean.npy");
        refused(2, run("--num-groups", "2", "--mean-output", lost, "--device", "nothing"), lost);
    }

    @Test
    void outputThatIsADirectory() throws IOException {
        Path directory = Files.createDirectory(folder.resolve("d.npy"));
        refused(
                2,
                run("--num-groups", "2", "--rstd-output", directory, "--device", "nothing"),
                directory,
                "is a directory");
    }

    /** Even if the tests run as root, who may write to every folder except this one. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void outputInAFolderThatTakesNoFiles() throws IOException {
        refused(
                2,
                execute(
                        "run",
                        "group_norm",
                        "--num-groups",
                        "2",
                        "-i",
                        input,
                        "-o",
                        "/proc/y.npy",
                        "--device",
                        "nothing"),
                "/proc/y.npy",
                "cannot be written");
    }

    // Internal failures.

    @Test
    void verboseShowsWhereItFailed() {
        assertEquals(2, run("--num-groups", "3", "--verbose"));
        assertTrue(err.contains("\tat " + Main.class.getPackageName()), err);
        assertTrue(err.contains("clnorm: Expected number of channels"), err);
    }

    /** Damaged files of both formats are read, or rejected in one line with exit code 2. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void damagedInputsAreRefusedInOneLine(long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] npy = TestFiles.npy(new long[] {2, 2}, 1, 2, 3, 4);
        byte[] safetensors = TestFiles.safetensors(
                "{\"__metadata__\":{\"a\":\"b\"}," + TestFiles.entry("x", "F32", "[2,2]", 0, 16) + "}", new byte[16]);
        for (int i = 0; i < 200; i++) {
            boolean isNpy = random.nextBoolean();
            byte[] bytes = (isNpy ? npy : safetensors).clone();
            for (int damage = random.nextInt(1, 4); damage > 0; damage--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 9));
            }
            Path damaged = file(isNpy ? "d.npy" : "d.safetensors", bytes);
            // A file that is still a tensor gets as far as the device selection.
            int code = execute("run", "layer_norm", "-i", damaged, "-o", output, "--device", "nothing-matches");
            assertTrue(code == ExitCode.WRONG_REQUEST || code == ExitCode.NO_DEVICE, code + ": " + err);
            if (code == ExitCode.WRONG_REQUEST) {
                refused(code, code);
            }
        }
    }

    // Results of a run.

    private static double[] doubles(float[] values) {
        return values == null
                ? null
                : IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private void assertNormalized(
            Path file, long[] shape, float[] values, long groups, float[] weight, float[] bias, double eps) {
        double[] expected = Reference.groupNorm(shape, 1, groups)
                .affine(doubles(weight), doubles(bias))
                .eps(eps)
                .normalize(i -> values[i]);
        TensorFile result = TensorFile.open(file);
        assertArrayEquals(shape, result.shape());
        Errors.assertClose(expected, result.readFloats(), Errors.FORWARD, file.toString());
    }

    @Test
    @Tag("device")
    void theOutputIsTheReference() throws IOException {
        done(run("--num-groups", "4"));
        assertNormalized(output, SHAPE, x, 4, null, null, 1e-5);
        assertEquals(List.of("y.npy"), files());
    }

    @Test
    @Tag("device")
    void thirtyTwoGroupsAndEpsAreTheDefaults() {
        // A variance so small that eps dominates.
        long[] shape = {1, 64, 9};
        float[] small = Values.normal(2, 64 * 9, 0, 1e-3);
        done(run(file("small.npy", TestFiles.npy(shape, small))));
        assertNormalized(output, shape, small, 32, null, null, 1e-5);
    }

    @Test
    @Tag("device")
    void everyOptionIsHonoured() throws IOException {
        float[] weight = Values.normal(3, 8, 1, 0.5);
        // Halves hold these exactly.
        float[] bias = {0, 1, -1, 0.5f, 2, -2, 0.25f, 65504};
        byte[] biasHalves = TestFiles.halves(0, 0x3c00, 0xbc00, 0x3800, 0x4000, 0xc000, 0x3400, 0x7bff);
        double[] weightDoubles = new double[8];
        Arrays.setAll(weightDoubles, i -> weight[i]);
        Path mean = outputs.resolve("mean.npy");
        Path rstd = outputs.resolve("rstd.npy");
        done(run(
                "--num-groups",
                "2",
                "--weight",
                file("weight.npy", TestFiles.npy("<f8", "(8,)", TestFiles.doubles(weightDoubles))),
                "--bias",
                file("bias.npy", TestFiles.npy("<f2", "(8,)", biasHalves)),
                "--eps",
                "0.1",
                "--mean-output",
                mean,
                "--rstd-output",
                rstd));
        assertNormalized(output, SHAPE, x, 2, weight, bias, 0.1);
        Reference.Moments moments = Reference.groupNorm(SHAPE, 1, 2).moments(i -> x[i]);
        double[] means = moments.mean();
        double[] rstds = Arrays.stream(moments.variance())
                .map(v -> 1 / Math.sqrt(v + 0.1))
                .toArray();
        assertArrayEquals(new long[] {2, 2}, TensorFile.open(mean).shape());
        assertArrayEquals(new long[] {2, 2}, TensorFile.open(rstd).shape());
        Errors.assertClose(means, TensorFile.open(mean).readFloats(), Errors.FORWARD, "mean");
        Errors.assertClose(rstds, TensorFile.open(rstd).readFloats(), Errors.FORWARD, "rstd");
        assertEquals(List.of("mean.npy", "rstd.npy", "y.npy"), files());
    }

    @Test
    @Tag("device")
    void fortranOrderIsReadInTheRightOrder() {
        float[] stored = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            int w = i % 5;
            int h = i / 5 % 3;
            int c = i / 15 % 8;
            int n = i / 120;
            stored[n + 2 * (c + 8 * (h + 3 * w))] = x[i];
        }
        byte[] bytes = TestFiles.npy(1, "<f4", true, TestFiles.python(SHAPE), TestFiles.floats(stored));
        done(run(file("fortran.npy", bytes), "--num-groups", "4"));
        assertNormalized(output, SHAPE, x, 4, null, null, 1e-5);
    }

    @Test
    @Tag("device")
    void theInputMayBeTheOutput() {
        done(execute("run", "group_norm", "--num-groups", "4", "-i", input, "-o", input));
        assertNormalized(input, SHAPE, x, 4, null, null, 1e-5);
    }

    @Test
    @Tag("device")
    void theOutputMayBeNoFile() throws IOException {
        done(execute("run", "group_norm", "--num-groups", "4", "-i", input, "-o", "/dev/null"));
        assertFalse(Files.isRegularFile(Path.of("/dev/null")));
    }

    @Test
    @Tag("device")
    void anEmptyBatchGivesAnEmptyOutput() {
        done(run(file("empty.npy", TestFiles.npy(new long[] {0, 8, 4})), "--num-groups", "4"));
        assertArrayEquals(new long[] {0, 8, 4}, TensorFile.open(output).shape());
        assertTrue(err.contains("empty"), err);
    }

    @Test
    @Tag("device")
    void absurdlyManyEmptySamplesAreRefused() throws IOException {
        // The file is well-formed and takes 128 bytes; its statistics would exceed the memory.
        Path absurd = file("absurd.npy", TestFiles.npy("<f4", "(100000000000000000, 8, 0)", new byte[0]));
        refused(2, run(absurd, "--num-groups", "4"), "100000000000000000");
    }

    @Test
    @Tag("device")
    void theSummarySaysWhereHowAndHowExact() {
        done(run("--num-groups", "4"));
        assertFalse(line("device").isBlank());
        assertTrue(line("input").contains("[2, 8, 3, 5]"), err);
        assertFalse(line("plan").isBlank());
        double error = Double.parseDouble(line("error").split(" ")[0]);
        assertTrue(error <= Errors.FORWARD, err);
    }

    /** The summary's value for a name. */
    private String line(String name) {
        return err.lines()
                .filter(line -> line.startsWith(name + " "))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no line '" + name + "' in: " + err))
                .substring(name.length())
                .strip();
    }

    @Test
    @Tag("device")
    void quietPrintsNothing() {
        done(run("--num-groups", "4", "--quiet"));
        assertEquals("", err);
        assertNormalized(output, SHAPE, x, 4, null, null, 1e-5);
    }

    @Test
    @Tag("device")
    void theDeviceIsTheSelectedOne() {
        DeviceInfo device = DeviceSelector.parse(null).select();
        done(run("--num-groups", "4", "--device", device.selector()));
        assertEquals(device.description(), line("device"));
        assertNormalized(output, SHAPE, x, 4, null, null, 1e-5);
    }

    // The other commands.

    @Test
    @Tag("device")
    void devicesAreListed() {
        assertEquals(ExitCode.DONE, execute("devices"), err);
        List<String> lines = out.lines().toList();
        for (String column : List.of("selector", "type", "name", "platform", "vendor", "driver", "fp16", "fp64")) {
            assertTrue(lines.get(0).contains(column), "no column '" + column + "' in: " + lines.get(0));
        }
        List<DeviceInfo> devices = Devices.of(Devices.platforms());
        for (int i = 0; i < devices.size(); i++) {
            DeviceInfo device = devices.get(i);
            String row = lines.get(i + 1);
            assertTrue(row.startsWith(device.selector() + " "), row);
            assertTrue(row.contains(" " + device.type().word() + " ") && row.contains(device.name()), row);
        }
        assertEquals(
                1,
                lines.stream().filter(line -> line.matches("\\d+:\\d+ \\* .*")).count(),
                out);
    }

    @Test
    @Tag("device")
    void devicesAreListedAsJson() throws IOException {
        assertEquals(ExitCode.DONE, execute("devices", "--json"), err);
        JsonNode root = new ObjectMapper()
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .readTree(out);
        List<DeviceInfo> devices = Devices.of(Devices.platforms());
        assertEquals(devices.size(), root.get("devices").size());
        for (int i = 0; i < devices.size(); i++) {
            JsonNode node = root.get("devices").get(i);
            DeviceInfo device = devices.get(i);
            assertEquals(device.selector(), node.get("selector").textValue());
            assertEquals(device.platform(), node.get("platform").textValue());
            assertEquals(device.vendor(), node.get("vendor").textValue());
            assertEquals(device.name(), node.get("name").textValue());
            assertEquals(device.type().word(), node.get("type").textValue());
            assertEquals(device.driver(), node.get("driver").textValue());
            assertEquals(device.version(), node.get("version").textValue());
            assertEquals(device.computeUnits(), node.get("compute_units").intValue());
            assertEquals(device.globalMemory(), node.get("global_memory").longValue());
            assertEquals(device.maxBuffer(), node.get("max_buffer").longValue());
            assertEquals(
                    device.maxWorkGroupSize(), node.get("max_work_group_size").intValue());
            assertEquals(device.localMemory(), node.get("local_memory").longValue());
            assertEquals(device.fp16(), node.get("fp16").booleanValue());
            assertEquals(device.fp64(), node.get("fp64").booleanValue());
            assertTrue(node.get("fp16").isBoolean() && node.get("fp64").isBoolean(), node.toString());
            assertEquals(
                    device.localMemoryType().word(),
                    node.get("local_memory_type").textValue());
            assertEquals(device.pciAddress(), node.get("pci_address").textValue());
            assertEquals(
                    device.subGroupSizes().size(), node.get("sub_group_sizes").size());
        }
    }

    @Test
    @Tag("device")
    void doctorFindsADeviceThatWorks() {
        assertEquals(ExitCode.DONE, execute("doctor"), out + err);
        assertTrue(out.lines().anyMatch(line -> line.startsWith("ok ") && line.contains(" device ")), out);
        assertTrue(out.contains("PoCL's second device runs launches on clnorm's threads"), out);
        assertEquals("", err);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--version", "-V", "run --version", "grad --version", "devices --version", "doctor --version"})
    void version(String arguments) {
        assertEquals(ExitCode.DONE, execute((Object[]) arguments.split(" ")), err);
        assertTrue(out.matches("clnorm \\d+\\.\\d+\\.\\S+\\R"), "'" + out + "'");
        assertEquals("", err);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "run --help", "grad --help", "devices --help", "doctor --help"})
    void help(String arguments) {
        assertEquals(ExitCode.DONE, execute((Object[]) arguments.split(" ")), err);
        assertTrue(out.startsWith("Usage: clnorm"), out);
        assertEquals("", err);
    }
}
