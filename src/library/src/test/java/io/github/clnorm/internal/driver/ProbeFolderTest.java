package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeFolderTest {

    @TempDir
    Path temporary;

    private Path folder(long pid, Duration age) throws IOException {
        Path made = Files.createDirectory(temporary.resolve("clnorm-drivers-" + pid + "-" + age.toHours()));
        Files.createFile(made.resolve("report"));
        Files.setLastModifiedTime(made, FileTime.from(Instant.now().minus(age)));
        return made;
    }

    /** A process that was killed cannot remove its folders. */
    @Test
    void removesFoldersOfDeadProcesses() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Path dead = folder(ended.pid(), Duration.ofHours(2));
        Path young = folder(ended.pid(), Duration.ZERO);
        Path own = folder(ProcessHandle.current().pid(), Duration.ofHours(2));
        Path link = Files.createSymbolicLink(temporary.resolve("clnorm-drivers-" + ended.pid() + "-link"), temporary);
        ProbeFolder.sweep(own);
        assertFalse(Files.exists(dead));
        assertTrue(Files.exists(young) && Files.exists(own) && Files.exists(link));
    }

    @Test
    void closingRemovesIt() throws IOException {
        Path path;
        try (ProbeFolder folder = new ProbeFolder()) {
            path = Files.createFile(folder.path().resolve("report")).getParent();
        }
        assertFalse(Files.exists(path));
    }
}
