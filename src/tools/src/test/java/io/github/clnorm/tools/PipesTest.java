package io.github.clnorm.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.Values;
import io.github.clnorm.tools.testing.ErrorLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Standard input and output, pipes and process substitution. The program runs in its own process. */
@Tag("slow")
class PipesTest {

    @TempDir
    private Path folder;

    private Path expected;
    private String errors;

    @BeforeEach
    void setUp() throws IOException {
        TestFiles.write(folder.resolve("x.npy"), TestFiles.npy(new long[] {2, 3, 4}, Values.normal(1, 24, 3, 2)));
        TestFiles.write(folder.resolve("w.npy"), TestFiles.npy(new long[] {4}, 1, 2, 3, 4));
        expected = folder.resolve("expected.npy");
        TestFiles.write(
                folder.resolve("w.safetensors"),
                TestFiles.safetensors(
                        "{" + TestFiles.entry("w", "F32", "[4]", 0, 16) + "}", TestFiles.floats(1, 2, 3, 4)));
    }

    /** Runs a line of bash in the folder, with the program as $clnorm: its exit code. */
    private int bash(String line) throws IOException, InterruptedException {
        Path err = folder.resolve("errors");
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", line)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(err.toFile());
        builder.environment()
                .put(
                        "clnorm",
                        Path.of(System.getProperty("java.home"), "bin", "java") + " -Djava.library.path="
                                + System.getProperty("java.library.path") + " " + Main.class.getName());
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        Process process = builder.start();
        assertTrue(process.waitFor(5, TimeUnit.MINUTES), "it does not end: " + line);
        errors = Files.readString(err, StandardCharsets.UTF_8);
        return process.exitValue();
    }

    private void makeExpected() throws Exception {
        assertEquals(0, bash("$clnorm run layer_norm -i x.npy --weight w.npy -o expected.npy --quiet"), errors);
    }

    private void assertExpected(String file) throws IOException {
        assertArrayEquals(Files.readAllBytes(expected), Files.readAllBytes(folder.resolve(file)), errors);
    }

    private void refused(int expectedCode, String line, String... says) throws Exception {
        assertEquals(expectedCode, bash(line), errors);
        ErrorLine.check(errors, (Object[]) says);
    }

    @Test
    @Tag("device")
    void inputsAreReadFromPipes() throws Exception {
        makeExpected();
        for (String line : List.of(
                "cat x.npy | $clnorm run layer_norm -i - --weight w.npy -o y.npy",
                "cat x.npy | $clnorm run layer_norm -i /dev/stdin --weight w.npy -o y.npy",
                "$clnorm run layer_norm -i - --weight w.npy -o y.npy < x.npy",
                "$clnorm run layer_norm -i <(cat x.npy) --weight <(cat w.npy) -o y.npy",
                "mkfifo p q.safetensors; cat x.npy > p & cat w.safetensors > q.safetensors &"
                        + " $clnorm run layer_norm -i p --weight q.safetensors#w -o y.npy")) {
            Files.deleteIfExists(folder.resolve("y.npy"));
            assertEquals(0, bash(line), line + ": " + errors);
            assertExpected("y.npy");
            // With a summary, which reads the first samples again.
            assertTrue(errors.contains("error "), errors);
        }
    }

    @Test
    @Tag("device")
    void gradientsOfPipes() throws Exception {
        assertEquals(0, bash("$clnorm grad layer_norm -i x.npy --grad-output x.npy --grad-input expected.npy"), errors);
        assertEquals(
                0,
                bash("cat x.npy | $clnorm grad layer_norm -i - --grad-output <(cat x.npy) --grad-input - > y.npy"),
                errors);
        assertExpected("y.npy");
    }

    @Test
    @Tag("device")
    void outputsAreWrittenToPipes() throws Exception {
        makeExpected();
        for (String line : List.of(
                "$clnorm run layer_norm -i x.npy --weight w.npy -o - | cat > y.npy",
                "$clnorm run layer_norm -i x.npy --weight w.npy -o /dev/stdout > y.npy",
                "mkfifo p; cat p > y.npy & $clnorm run layer_norm -i x.npy --weight w.npy -o p && wait")) {
            Files.deleteIfExists(folder.resolve("y.npy"));
            assertEquals(0, bash(line), line + ": " + errors);
            assertExpected("y.npy");
        }
        assertFalse(Files.isRegularFile(folder.resolve("p")), "the pipe was replaced");
        // Existing content of the file that standard output is redirected to stays.
        assertEquals(
                0, bash("(printf first; $clnorm run layer_norm -i x.npy --weight w.npy -o - --quiet) > y.npy"), errors);
        assertTrue(Files.readString(folder.resolve("y.npy"), StandardCharsets.ISO_8859_1)
                .startsWith("first\u0093NUMPY"));
    }

    /** The copy of a stream goes to another folder, as if the variable were not set. */
    @Test
    @Tag("device")
    void aTemporaryFolderThatIsAFileCountsAsNotSet() throws Exception {
        makeExpected();
        assertEquals(
                0,
                bash("cat x.npy | TMPDIR=/dev/null $clnorm run layer_norm -i - --weight w.npy -o y.npy --quiet"),
                errors);
        assertExpected("y.npy");
    }

    /** A reader that stops early, such as head: one line, and no stack trace. */
    @Test
    @Tag("device")
    void aReaderThatEndsEarlyIsAFailureInOneLine() throws Exception {
        Path large = folder.resolve("large.npy");
        TestFiles.write(large, TestFiles.npy(new long[] {1024, 512}, Values.normal(2, 1024 * 512, 0, 1)));
        refused(
                0,
                "$clnorm run layer_norm -i large.npy -o - --quiet | head -c 10 > /dev/null;"
                        + " test ${PIPESTATUS[0]} = 1",
                "-: cannot be written: ");
    }

    @Test
    void streamsThatHoldNoTensorAreRefused() throws Exception {
        refused(2, "$clnorm run layer_norm -i - -o y.npy < /dev/null", "-: is not a .npy file");
        refused(2, "$clnorm run layer_norm -i /dev/zero -o y.npy", "/dev/zero: is not a .npy file");
        refused(2, "head -c 100 x.npy | $clnorm run layer_norm -i - -o y.npy", "-: is truncated");
        refused(2, "head -c 200 x.npy | $clnorm run layer_norm -i - -o y.npy", "-: is truncated");
        // Not read to the end of an endless one.
        refused(
                2,
                "mkfifo q.safetensors; cat w.safetensors /dev/zero > q.safetensors &"
                        + " $clnorm run layer_norm -i q.safetensors#w -o y.npy",
                "is too long");
        assertFalse(Files.exists(folder.resolve("y.npy")));
    }

    /** As numpy.load reads one of several arrays in a file. */
    @Test
    @Tag("device")
    void bytesBehindAnArrayAreIgnored() throws Exception {
        makeExpected();
        for (String line : List.of(
                "cat x.npy /dev/zero | $clnorm run layer_norm -i - --weight w.npy -o y.npy --quiet",
                "cat x.npy w.npy > two.npy && $clnorm run layer_norm -i two.npy --weight w.npy -o y.npy --quiet")) {
            assertEquals(0, bash(line), errors);
            assertExpected("y.npy");
        }
    }

    /** Java replaces bytes that are not UTF-8: the file would get another name. */
    @Test
    void aNameThatIsNotUtf8IsRefused() throws Exception {
        refused(2, "$clnorm run layer_norm -i x.npy -o $(printf 'bad\\377.npy')", "bytes that are not UTF-8");
    }

    @Test
    void aStreamThatIsNamedTwiceIsRefused() throws Exception {
        refused(2, "$clnorm run layer_norm -i - --weight - -o y.npy < x.npy", "can be read only once");
        refused(2, "mkfifo p; $clnorm run layer_norm -i p --residual p -o y.npy", "can be read only once");
        refused(
                2,
                "cat x.npy | $clnorm grad layer_norm -i - --grad-output /dev/stdin --grad-input y.npy",
                "can be read only once");
        refused(2, "$clnorm run layer_norm -i x.npy -o - --mean-output /dev/stdout", "is named for two outputs");
    }

    @Test
    void aFileWhoseNameIsADashHasAFolder() throws Exception {
        TestFiles.write(folder.resolve("-"), TestFiles.npy(new long[] {1}, 7));
        assertArrayEquals(new float[] {7}, TensorFile.open(folder + "/-").readFloats());
        assertArrayEquals(new float[] {7}, TensorFile.open(folder.resolve("-")).readFloats());
        refused(2, "$clnorm run layer_norm -i ./- -o ./y", "expected a name that ends with");
    }
}
