package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher on machines that lack something, in a folder whose name has a space. */
class LauncherTest {

    @TempDir
    Path temporary;

    private Path home;
    private Path tools;

    @BeforeEach
    void copyTheLauncher() throws IOException {
        home = Files.createDirectories(temporary.resolve("a folder"));
        tools = Files.createDirectories(temporary.resolve("tools"));
        Path launcher = Files.copy(Path.of("clnorm"), home.resolve("clnorm"));
        assertTrue(launcher.toFile().setExecutable(true));
        Files.createDirectories(home.resolve("src/main"));
        Files.createDirectories(home.resolve("opencl"));
        Files.writeString(home.resolve("pom.xml"), "<project/>");
        for (String tool : List.of("sh", "sed", "dirname", "readlink", "uname", "id", "find", "head", "mkdir", "touch",
                "tr", "cat", "grep", "ls", "mktemp", "mv", "rm", "tail", "flock", "env")) {
            Path path = Path.of("/usr/bin", tool);
            if (Files.exists(path)) {
                Files.createSymbolicLink(tools.resolve(tool), path);
            }
        }
    }

    private record Run(int code, String out, String err) {}

    private Run launch(String... arguments) throws IOException, InterruptedException {
        Path out = temporary.resolve("out");
        Path err = temporary.resolve("err");
        var command = new java.util.ArrayList<>(List.of("/bin/sh", home.resolve("clnorm").toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        process.environment().clear();
        process.environment().put("PATH", tools.toString());
        process.environment().put("JAVA_HOME", System.getProperty("java.home"));
        process.environment().put("CLNORM_NO_INSTALL", "1");
        int code = process.start().waitFor();
        return new Run(code, Files.readString(out), Files.readString(err));
    }

    @Test
    void withoutMavenOneLineNamesTheCommandAndNothingIsInstalled() throws Exception {
        Run run = launch("devices");
        assertEquals(1, run.code, run.err);
        assertEquals("", run.out);
        assertEquals(1, run.err.lines().count(), run.err);
        assertTrue(run.err.contains("Maven was not found. Install it: "), run.err);
        assertFalse(run.err.contains("installing"), run.err);
    }

    @Test
    void aMavenThatIsTooOldIsNamed() throws Exception {
        Path maven = Files.writeString(tools.resolve("mvn"), "#!/bin/sh\necho Apache Maven 3.6.3\n");
        assertTrue(maven.toFile().setExecutable(true));
        Run run = launch("devices");
        assertEquals(1, run.code, run.err);
        assertTrue(run.err.contains("Maven 3.6 is too old, 3.8 or newer is needed"), run.err);
    }

    @Test
    void aBuildThatFailsShowsMavensErrorAndWhereTheLogIs() throws Exception {
        Path maven = Files.writeString(tools.resolve("mvn"), """
                #!/bin/sh
                [ "$1" = -version ] && echo Apache Maven 3.9.9 && exit 0
                echo "[ERROR] nothing compiles today"
                exit 1
                """);
        assertTrue(maven.toFile().setExecutable(true));
        Run run = launch("devices");
        assertEquals(1, run.code, run.err);
        assertTrue(run.err.contains("nothing compiles today"), run.err);
        assertTrue(run.err.contains("build.log"), run.err);
    }

    @Test
    void testHelpNeedsNoMaven() throws Exception {
        Run run = launch("test", "--help");
        assertEquals(0, run.code, run.err);
        assertTrue(run.out.startsWith("Usage: clnorm test"), run.out);
    }
}
