package io.github.clnorm.internal.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sends signals at each step of a commit, and checks what the next process does. */
@Tag("slow")
class KilledProcessTest {

    private static final List<String> NAMES = List.of("a", "b", "c");

    @TempDir
    private Path folder;

    private Path[] oldFiles() throws IOException {
        for (String name : NAMES) {
            Files.writeString(folder.resolve(name), "old");
        }
        return NAMES.stream().map(folder::resolve).toArray(Path[]::new);
    }

    private List<String> contents() throws IOException {
        List<String> contents = new ArrayList<>();
        for (String name : NAMES) {
            contents.add(Files.readString(folder.resolve(name)));
        }
        return contents;
    }

    private List<String> files() throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    /** Writes to the folder, as the next process does. */
    private void next() throws IOException {
        FileReplacements.replace(folder.resolve("next"), "x".getBytes(StandardCharsets.UTF_8), false);
        Files.delete(folder.resolve("next"));
    }

    @ParameterizedTest
    @CsvSource({
        "TERM,written,old",
        "INT,written,old",
        "TERM,flush b,new",
        "INT,keep c,new",
        "TERM,rename a,new",
        "INT,rename b,new",
        "TERM,rename c,new",
        "INT,end,new"
    })
    void afterATerminationAllFilesAreOldOrAllNew(String signal, String step, String expected) throws Exception {
        try (SteppedProcess process = new SteppedProcess(oldFiles())) {
            process.runUntil(step);
            process.signal(signal);
            process.runToItsEnd();
        }
        assertEquals(List.of(expected, expected, expected), contents());
        assertEquals(NAMES, files());
    }

    @ParameterizedTest
    @ValueSource(strings = {"written", "flush a", "keep b", "rename a", "rename b", "rename c", "end"})
    void afterAKillNoNameIsMissingAndTheNextProcessRestoresTheOldFiles(String step) throws Exception {
        try (SteppedProcess process = new SteppedProcess(oldFiles())) {
            process.runUntil(step);
            process.signal("KILL");
            process.runToItsEnd();
        }
        // Readable immediately, each complete.
        assertTrue(
                contents().stream().allMatch(List.of("old", "new")::contains),
                contents().toString());
        next();
        assertEquals(List.of("old", "old", "old"), contents());
        assertEquals(NAMES, files());
    }

    @Test
    void afterAKillFilesThatDidNotExistAreRemoved() throws Exception {
        try (SteppedProcess process =
                new SteppedProcess(folder.resolve("a"), folder.resolve("b"), folder.resolve("c"))) {
            process.runUntil("rename c");
            process.signal("KILL");
            process.runToItsEnd();
        }
        assertTrue(Files.exists(folder.resolve("a")));
        next();
        assertEquals(List.of(), files());
    }

    @Test
    void afterAKillKeepsFilesThatAnotherProgramWroteSince() throws Exception {
        try (SteppedProcess process = new SteppedProcess(oldFiles())) {
            process.runUntil("rename c");
            process.signal("KILL");
            process.runToItsEnd();
        }
        Path other = Files.writeString(folder.resolve("other"), "NEW");
        Files.move(other, folder.resolve("a"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        next();
        assertEquals(List.of("NEW", "old", "old"), contents());
        assertEquals(NAMES, files());
    }

    /** The user repeats the command, which writes the same files. */
    @Test
    void theSameSetCanBeWrittenAfterAKill() throws Exception {
        try (SteppedProcess process = new SteppedProcess(oldFiles())) {
            process.runUntil("rename b");
            process.signal("KILL");
            process.runToItsEnd();
        }
        try (SteppedProcess again =
                new SteppedProcess(NAMES.stream().map(folder::resolve).toArray(Path[]::new))) {
            again.runUntil("end");
            again.runToItsEnd();
        }
        assertEquals(List.of("new", "new", "new"), contents());
        assertEquals(NAMES, files());
    }

    @ParameterizedTest
    @ValueSource(strings = {"written", "keep c", "rename b", "end"})
    void doesNotTouchFilesOfARunningProcess(String step) throws Exception {
        try (SteppedProcess process = new SteppedProcess(oldFiles())) {
            process.runUntil(step);
            List<String> before = files();
            next();
            assertEquals(before, files());
            process.runToItsEnd();
        }
        assertEquals(List.of("new", "new", "new"), contents());
        assertEquals(NAMES, files());
    }

    @Test
    void keepsFilesWithSimilarNames() throws Exception {
        Path part = Files.writeString(folder.resolve(".clnorm-notes.part"), "x");
        Path backup =
                Files.writeString(folder.resolve(".clnorm-0d5e1c80-7c2b-4ab1-9a0e-0123456789ab.old"), "only copy");
        Path earlier = Files.writeString(folder.resolve(".clnorm-0d5e1c80-7c2b-4ab1-9a0e-0123456789ab.part"), "x");
        Path pipe = folder.resolve(".clnorm-0123456789abcdef-0123456789abcdef-1.part");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        next();
        assertTrue(Files.exists(part) && Files.exists(backup) && Files.exists(earlier) && Files.exists(pipe));
        // Version 0.1.0 did not lock files, so only the age counts.
        Files.setLastModifiedTime(earlier, FileTime.fromMillis(0));
        next();
        assertTrue(Files.exists(part) && Files.exists(backup) && !Files.exists(earlier));
    }

    /** A journal may change only files in its folder. */
    @Test
    void aForgedJournalChangesNothingElsewhere() throws Exception {
        Path below = Files.createDirectory(folder.resolve("below"));
        Path victim = Files.writeString(folder.resolve("victim"), "mine");
        Files.writeString(below.resolve("evil"), "evil");
        Journal.Content content = Journal.Content.of(victim);
        byte[] journal = Journal.text(List.of(
                new Journal.Change("../victim", "evil", content),
                new Journal.Change(victim.toString(), null, content)));
        Files.write(below.resolve(".clnorm-0123456789abcdef-0123456789abcdef.commit"), journal);
        FileReplacements.replace(below.resolve("next"), new byte[1], false);
        assertEquals("mine", Files.readString(victim));
        try (Stream<Path> left = Files.list(below)) {
            assertEquals(
                    List.of("evil", "next"),
                    left.map(path -> path.getFileName().toString()).sorted().toList());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "clnorm commit 1\n",
                "clnorm commit 1\nend",
                "clnorm commit 1\n! ! 1 2 3\nend\n",
                "clnorm commit 1\nYQ== YQ== 1 2\nend\n",
                "something else\nend\n"
            })
    void removesADamagedJournal(String text) throws Exception {
        Path file = Files.writeString(folder.resolve("a"), "old");
        Files.writeString(folder.resolve(".clnorm-0123456789abcdef-0123456789abcdef.commit"), text);
        next();
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("a"), files());
    }
}
