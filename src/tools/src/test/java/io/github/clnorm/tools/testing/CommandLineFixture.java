package io.github.clnorm.tools.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.Values;
import io.github.clnorm.tools.Main;
import io.github.clnorm.tools.terminal.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A folder with an input and an old output, and the command line with the text that it printed. */
public abstract class CommandLineFixture {

    protected static final byte[] OLD = "what was there before".getBytes(StandardCharsets.US_ASCII);
    protected static final long[] SHAPE = {2, 8, 3, 5};
    protected static final int COUNT = 240;

    @TempDir
    protected Path folder;

    protected final float[] x = Values.normal(1, COUNT, 3, 2);
    protected Path input;
    protected Path outputs;
    protected Path output;
    protected String out;
    protected String err;

    @BeforeEach
    protected void setUp() throws IOException {
        input = file("x.npy", TestFiles.npy(SHAPE, x));
        outputs = Files.createDirectory(folder.resolve("outputs"));
        output = Files.write(outputs.resolve("y.npy"), OLD);
    }

    protected Path file(String name, byte[] bytes) {
        return TestFiles.write(folder.resolve(name), bytes);
    }

    protected int execute(Object... arguments) {
        StringWriter outText = new StringWriter();
        StringWriter errText = new StringWriter();
        String[] words = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
        int code = Main.execute(new PrintWriter(outText), new PrintWriter(errText), words);
        out = outText.toString();
        err = errText.toString();
        return code;
    }

    /** Runs group_norm from the input to the output. */
    protected int run(Object... options) {
        return run(input, options);
    }

    protected int run(Path from, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("run", "group_norm", "-i", from, "-o", output));
        arguments.addAll(List.of(options));
        return execute(arguments.toArray());
    }

    protected void done(int code) {
        assertEquals(ExitCode.DONE, code, err);
        assertEquals("", out);
    }

    /** A failure prints one line with these words, and changes no file. */
    protected void refused(int expected, int code, Object... says) throws IOException {
        assertEquals(expected, code, err);
        assertEquals("", out);
        assertEquals(1, err.lines().count(), err);
        String line = err.stripTrailing();
        assertTrue(line.startsWith("clnorm: "), line);
        assertTrue(line.chars().noneMatch(Character::isISOControl), "control characters in: " + line);
        assertFalse(line.contains("Exception"), line);
        for (Object words : says) {
            assertTrue(line.contains(words.toString()), "'" + words + "' is not in: " + line);
        }
        assertArrayEquals(OLD, Files.readAllBytes(output));
        assertEquals(List.of("y.npy"), files(), "the folder of the outputs");
    }

    protected List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(outputs)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
