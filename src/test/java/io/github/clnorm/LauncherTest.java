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
    private String java = System.getProperty("java.home");

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
        process.environment().put("JAVA_HOME", java);
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

    private void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    /** A Maven that prints its arguments. */
    private void printMavensArguments() throws IOException {
        executable(tools.resolve("mvn"), """
                #!/bin/sh
                [ "$1" = -version ] && echo Apache Maven 3.9.9 && exit 0
                for argument in "$@"; do echo "argument=$argument"; done
                """);
    }

    @Test
    void soakRunsStressTestsAloneInTheirLongForm() throws Exception {
        printMavensArguments();
        for (String option : List.of("--soak", "--soak=3")) {
            Run run = launch("test", option, "-Dtest=A");
            assertEquals(0, run.code, run.err);
            assertTrue(run.out.contains("argument=-Dgroups=stress\n"), run.out);
            assertTrue(run.out.contains("argument=-Dclnorm.soak=" + (option.equals("--soak") ? "true" : "3") + "\n"), run.out);
            assertTrue(run.out.contains("argument=-Dclnorm.conformance.skip=true\n"), run.out);
            assertTrue(run.out.endsWith("argument=-Dtest=A\n"), run.out);
            assertFalse(run.out.contains("clnorm.newerJava"), run.out);
        }
    }

    @Test
    void aSoakOfNoNumberIsRefused() throws Exception {
        printMavensArguments();
        for (String number : List.of("", "0", "-1", "many", "1.5")) {
            Run run = launch("test", "--soak=" + number);
            assertEquals(2, run.code, run.err);
            assertEquals("", run.out);
            assertEquals("clnorm: --soak=" + number + ": expected a whole number of 1 or more, such as --soak=3\n", run.err);
        }
    }

    @Test
    void withoutSoakNoPropertyOfItIsSet() throws Exception {
        printMavensArguments();
        Run run = launch("test");
        assertEquals(0, run.code, run.err);
        assertFalse(run.out.contains("soak") || run.out.contains("stress"), run.out);
        // Whether this machine has a newer Java or not, at most one line says what tests of threads run on.
        boolean again = run.out.contains("argument=-Dclnorm.newerJava=");
        long lines = run.err.lines().filter(line -> line.contains("tests of threads run on")).count();
        assertTrue(again ? lines == 1 : lines <= 1, run.err);
    }

    /** The library's manifest names no libraries: it would make a compiler warn wherever they are not beside it. */
    @Test
    void theClassPathNamesTheLibraries() throws Exception {
        Path jdk = Files.createDirectories(temporary.resolve("jdk"));
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
        executable(jdk.resolve("bin/javac"), "#!/bin/sh\n");
        executable(jdk.resolve("bin/java"), "#!/bin/sh\nfor argument in \"$@\"; do echo \"argument=$argument\"; done\n");
        Path target = Files.createDirectories(home.resolve("target/lib")).getParent();
        for (String file : List.of("clnorm.jar", "lib/b.jar", "lib/a.jar", "built")) {
            Files.createFile(target.resolve(file));
        }
        java = jdk.toString();
        Run run = launch("compare", "a b", "*");
        assertEquals(0, run.code, run.err);
        Path real = target.toRealPath();
        List<String> lines = run.out.lines().toList();
        int at = lines.indexOf("argument=-cp");
        assertEquals(
                List.of(
                        "argument=" + real + "/clnorm.jar:" + real + "/lib/a.jar:" + real + "/lib/b.jar",
                        "argument=io.github.clnorm.cli.Main", "argument=compare", "argument=a b", "argument=*"),
                lines.subList(at + 1, lines.size()));
        assertTrue(lines.contains("argument=--enable-native-access=ALL-UNNAMED"), run.out);
        assertFalse(lines.contains("argument=-jar"), run.out);
        String pom = Files.readString(Path.of("pom.xml"));
        assertFalse(pom.contains("<addClasspath>") || pom.contains("<Class-Path>"), "a Class-Path in the library's manifest");
    }

    @Test
    void testHelpNeedsNoMaven() throws Exception {
        Run run = launch("test", "--help");
        assertEquals(0, run.code, run.err);
        assertTrue(run.out.startsWith("Usage: clnorm test"), run.out);
    }
}
