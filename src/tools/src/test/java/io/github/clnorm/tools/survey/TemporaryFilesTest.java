package io.github.clnorm.tools.survey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a killed survey leaves goes, and nothing else. */
class TemporaryFilesTest {

    private static final Instant TIME = Instant.parse("2026-11-30T00:00:00Z");

    @TempDir
    private Path folder;

    private static void age(Path path, Instant time) throws IOException {
        Files.setLastModifiedTime(path, FileTime.from(time));
    }

    @Test
    void oldFilesOfSurveysAreDeleted() throws IOException {
        Path other =
                Files.writeString(Files.createDirectory(folder.resolve("other")).resolve("x"), "kept");
        Path old = Files.createDirectory(folder.resolve("clnorm-survey-1"));
        Files.writeString(old.resolve("tuning.json"), "{}");
        age(old, TIME.minusSeconds(1));
        age(Files.writeString(folder.resolve("clnorm-survey-2.py"), ""), TIME.minusSeconds(1));
        age(Files.createDirectory(folder.resolve("clnorm-survey-3")), TIME);
        age(Files.writeString(folder.resolve("mine.py"), ""), TIME.minusSeconds(1));
        Files.createSymbolicLink(folder.resolve("clnorm-survey-4"), other.getParent());
        TemporaryFiles.deleteOld(folder, TIME);
        TemporaryFiles.delete(folder.resolve("clnorm-survey-4"));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(
                    List.of("clnorm-survey-3", "mine.py", "other"),
                    left.map(path -> path.getFileName().toString()).sorted().toList());
        }
        assertTrue(Files.exists(other), "a link is not followed");
    }
}
