package io.github.clnorm.internal.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Lines that are compared with a recorded file of test resources. Long lists go in as a checksum.
 *
 * <p>To record a deliberate change, copy the file that the failed assertion names. Beside it is the complete list, to be
 * compared with that of the version before.
 */
public final class Recording {

    private final StringBuilder text = new StringBuilder();
    private final StringBuilder complete = new StringBuilder();

    /** Adds a line. */
    public void line(String line) {
        text.append(line).append('\n');
        complete.append(line).append('\n');
    }

    /** Adds a checksum of lines that are too many to read. */
    public void checksum(String what, List<String> lines) {
        CRC32C sum = new CRC32C();
        for (String line : lines) {
            sum.update((line + "\n").getBytes(StandardCharsets.UTF_8));
            complete.append(line).append('\n');
        }
        line(what + ": " + lines.size() + " lines, checksum " + Long.toHexString(sum.getValue()));
    }

    /** Fails where the lines differ from a file beside the class. */
    public void assertRecorded(Class<?> test, String name) {
        try (InputStream recorded = test.getResourceAsStream(name)) {
            List<String> expected = recorded == null
                    ? List.of()
                    : new String(recorded.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .toList();
            List<String> actual = text.toString().lines().toList();
            if (!expected.equals(actual)) {
                Path folder = Files.createTempDirectory("clnorm-recording");
                Path file = Files.writeString(folder.resolve(name), text);
                Files.writeString(folder.resolve("complete-" + name), complete);
                int line = 0;
                while (line < Math.min(expected.size(), actual.size())
                        && expected.get(line).equals(actual.get(line))) {
                    line++;
                }
                assertEquals(at(expected, line), at(actual, line), name + ", line " + (line + 1) + ", and " + file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String at(List<String> lines, int line) {
        return line < lines.size() ? lines.get(line) : "nothing";
    }
}
