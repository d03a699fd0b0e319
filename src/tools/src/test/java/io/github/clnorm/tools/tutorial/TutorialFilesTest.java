package io.github.clnorm.tools.tutorial;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The form of the tutorial's files, and its README. */
class TutorialFilesTest {

    private static final Path FOLDER = Path.of("opencl", "tutorial");
    private static final Path KERNELS = Path.of("opencl");
    private static final Pattern NAME = Pattern.compile("\\w+\\.cl\\b");
    private static final int MOST_LINES = 79;
    private static final int LONGEST_LINE = 120;

    static List<Rung> files() {
        return Rung.LADDER;
    }

    @Test
    void theLadderHasEveryFile() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertEquals(
                    Rung.LADDER.stream().map(Rung::file).sorted().toList(),
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".cl"))
                            .sorted()
                            .toList());
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void filesAreShortAndStandAlone(Rung rung) {
        List<String> lines = rung.source().lines().toList();
        assertTrue(lines.size() <= MOST_LINES, rung.file() + " has " + lines.size() + " lines");
        assertTrue(lines.stream().allMatch(line -> line.length() <= LONGEST_LINE), rung.file() + " has a longer line");
        assertFalse(rung.source().contains("#include"), rung.file());
    }

    @ParameterizedTest
    @MethodSource("files")
    void filesSayWhatTheyGainAndWhatTheyTake(Rung rung) {
        String number = rung.file().substring(0, rung.file().indexOf('_'));
        assertTrue(rung.source().startsWith("// " + number + ": "), rung.file());
        assertFalse(rung.gain().isEmpty());
        for (String part : List.of("// Parallel over: ", "// [in]  x", "// [out] ", "// Local memory: ")) {
            // The last kernels read sums and moments, not x.
            boolean needed = !part.endsWith("x") || rung.transits() > 0;
            assertTrue(!needed || rung.source().contains(part), rung.file() + " lacks '" + part + "'");
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void theReadmeListsFilesInOrderWithTheirGain(Rung rung) throws IOException {
        List<String> rows = Files.readAllLines(FOLDER.resolve("README.md")).stream()
                .filter(line -> line.startsWith("| ["))
                .toList();
        assertEquals(Rung.LADDER.size(), rows.size());
        String row = rows.get(Rung.LADDER.indexOf(rung));
        assertTrue(row.startsWith("| [" + rung.file() + "](" + rung.file() + ") | " + rung.gain() + " |"), row);
    }

    @Test
    void kernelsThatTheFilesNameExist() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : files.toList()) {
                Matcher name = NAME.matcher(Files.readString(file));
                while (name.find()) {
                    assertTrue(
                            Files.exists(FOLDER.resolve(name.group())) || Files.exists(KERNELS.resolve(name.group())),
                            file.getFileName() + " names " + name.group() + ", which does not exist");
                }
            }
        }
    }
}
