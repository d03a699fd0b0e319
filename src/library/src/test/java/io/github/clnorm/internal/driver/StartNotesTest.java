package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartNotesTest {

    @TempDir
    Path cache;

    private Path folder() {
        return cache.resolve("starting");
    }

    private Path noteOfEndedProcess() throws IOException, InterruptedException {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        return Files.createFile(
                Files.createDirectories(folder()).resolve(ended.pid() + "-" + System.currentTimeMillis()));
    }

    @Test
    void doesNotReturnANoteOfARunningProcess() {
        StartNotes notes = new StartNotes(folder());
        assertEquals(List.of(), notes.left());
        Path note = notes.write().orElseThrow();
        assertTrue(Files.exists(note));
        assertEquals(List.of(), notes.left());
        StartNotes.delete(List.of(note));
        assertFalse(Files.exists(note));
    }

    @Test
    void returnsANoteOfADeadProcess() throws Exception {
        Path note = noteOfEndedProcess();
        assertEquals(List.of(note), new StartNotes(folder()).left());
    }

    /** In a container whose first process does not reap children, dead processes stay as zombies. */
    @Test
    void aZombieIsDead() throws Exception {
        // The shell starts a child that exits, and then executes a program that never waits for it.
        Process parent = new ProcessBuilder("sh", "-c", "sh -c 'echo $$' & exec sleep 600").start();
        try {
            long pid;
            try (BufferedReader out = parent.inputReader()) {
                pid = Long.parseLong(out.readLine());
            }
            Path stat = Path.of("/proc/" + pid + "/stat");
            while (!Files.readString(stat).contains(") Z ")) {
                assertTrue(parent.isAlive());
                Thread.onSpinWait();
            }
            assertTrue(ProcessHandle.of(pid).orElseThrow().isAlive(), "what Java says of it");
            Path note = Files.createFile(Files.createDirectories(folder()).resolve(pid + "-0"));
            assertEquals(List.of(note), new StartNotes(folder()).left());
        } finally {
            parent.destroyForcibly();
        }
    }

    @Test
    void theStateFollowsTheName() {
        assertTrue(StartNotes.isEnded("77 (java) Z 1 77"));
        assertTrue(StartNotes.isEnded("77 (a) S (b) X 1 77"));
        assertFalse(StartNotes.isEnded("77 (a) Z b) S 1 77"));
        assertFalse(StartNotes.isEnded("77 (java) R 1 77"));
        assertFalse(StartNotes.isEnded("77 (java)"));
        assertFalse(StartNotes.isEnded(""));
    }

    @Test
    void anotherProcessWithTheSameIdIsADifferentOne() throws IOException {
        Path note = Files.createFile(Files.createDirectories(folder())
                .resolve(ProcessHandle.current().pid() + "-1000"));
        assertEquals(List.of(note), new StartNotes(folder()).left());
    }

    @Test
    void deletesOldNotes() throws Exception {
        Path note = noteOfEndedProcess();
        Files.setLastModifiedTime(note, FileTime.from(Instant.now().minus(Duration.ofDays(30))));
        assertEquals(List.of(), new StartNotes(folder()).left());
        assertFalse(Files.exists(note));
    }

    @Test
    void ignoresOtherFiles() throws IOException {
        Files.createFile(Files.createDirectories(folder()).resolve("loaded-1-2"));
        Files.createFile(folder().resolve("99999999999999999999999-1"));
        assertEquals(List.of(), new StartNotes(folder()).left());
    }

    @Test
    void returnsNoNoteIfNoneCanBeWritten() throws IOException {
        Path file = Files.createFile(cache.resolve("file"));
        StartNotes notes = new StartNotes(file.resolve("starting"));
        assertTrue(notes.write().isEmpty());
        assertEquals(List.of(), notes.left());
        assertTrue(new StartNotes(null).write().isEmpty());
    }
}
