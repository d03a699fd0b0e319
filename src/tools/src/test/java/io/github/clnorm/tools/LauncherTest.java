package io.github.clnorm.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher on machines where something is missing, in a folder whose name has a space. */
class LauncherTest {

    @TempDir
    Path temporary;

    private final Map<String, String> environment = new HashMap<>();
    private Path home;
    private Path tools;
    private String java = System.getProperty("java.home");

    @BeforeEach
    void copyTheLauncher() throws IOException {
        home = Files.createDirectories(temporary.resolve("a folder"));
        tools = Files.createDirectories(temporary.resolve("tools"));
        Path launcher = Files.copy(Path.of("clnorm"), home.resolve("clnorm"));
        assertTrue(launcher.toFile().setExecutable(true));
        Files.createDirectories(home.resolve("src/library/src/main"));
        Files.createDirectories(home.resolve("opencl"));
        Files.writeString(home.resolve("pom.xml"), "<project/>");
        for (String tool : List.of(
                "sh",
                "sed",
                "dirname",
                "readlink",
                "uname",
                "id",
                "find",
                "head",
                "mkdir",
                "touch",
                "tr",
                "cat",
                "grep",
                "ls",
                "mktemp",
                "mv",
                "rm",
                "tail",
                "flock",
                "env")) {
            Path path = Path.of("/usr/bin", tool);
            if (Files.exists(path)) {
                Files.createSymbolicLink(tools.resolve(tool), path);
            }
        }
    }

    private record Outcome(int code, String out, String err) {}

    private Outcome launch(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("/bin/sh", home.resolve("clnorm").toString()));
        command.addAll(List.of(arguments));
        return execute(command);
    }

    private Outcome shell(Path script) throws IOException, InterruptedException {
        return execute(List.of("/bin/sh", script.toString()));
    }

    private Outcome execute(List<String> command) throws IOException, InterruptedException {
        Path out = temporary.resolve("out");
        Path err = temporary.resolve("err");
        ProcessBuilder process =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        process.environment().clear();
        process.environment().put("PATH", tools.toString());
        process.environment().put("JAVA_HOME", java);
        process.environment().put("CLNORM_NO_INSTALL", "1");
        process.environment().putAll(environment);
        int code = process.start().waitFor();
        return new Outcome(code, Files.readString(out), Files.readString(err));
    }

    @Test
    void withoutMavenOneLineNamesTheCommandAndNothingIsInstalled() throws Exception {
        Outcome run = launch("devices");
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
        Outcome run = launch("devices");
        assertEquals(1, run.code, run.err);
        assertTrue(run.err.contains("Maven 3.6 is too old, 3.8 or newer is needed"), run.err);
    }

    /** A wrapper that prints its arguments and where it would look for a program. */
    private void printTheWrappersArguments() throws IOException {
        executable(
                home.resolve("mvnw"),
                """
                #!/bin/sh
                [ "$1" = -version ] && echo Apache Maven 3.9.9 && exit 0
                echo "JAVA_HOME=$JAVA_HOME"
                echo "PATH=$PATH"
                for argument in "$@"; do echo "argument=$argument"; done
                # Later than a tick of the file system's clock.
                /bin/sleep 0.05
                mkdir -p target/clnorm && : >target/clnorm/TEST-A.xml
                """);
    }

    @Test
    void aTestThatNoModuleHasIsAnError() throws Exception {
        printMavensArguments();
        for (List<String> mode : List.of(List.<String>of(), List.of("--fast"), List.of("--module", "dl4j"))) {
            List<String> arguments = new ArrayList<>(List.of("test"));
            arguments.addAll(mode);
            arguments.add("-Dtest=NoSuchTest");
            Outcome run = launch(arguments.toArray(new String[0]));
            assertEquals(1, run.code, run.err);
            assertTrue(run.err.endsWith("clnorm: no test ran: -Dtest names none of the selected modules\n"), run.err);
        }
    }

    @Test
    void whatIsNoOptionOfTestIsRefusedInOneLine() throws Exception {
        printMavensArguments();
        for (List<String> arguments : List.of(
                List.of("test", "Foo"),
                List.of("test", "--fast", "--soak"),
                List.of("test", "--module", "dl4j", "--fast"),
                List.of("test", "-pl", "src/library", "Foo"))) {
            Outcome run = launch(arguments.toArray(new String[0]));
            assertEquals(2, run.code, run.err);
            assertEquals("", run.out);
            assertEquals(1, run.err.lines().count(), run.err);
            assertTrue(run.err.contains(arguments.get(arguments.size() - 1)), run.err);
        }
        assertEquals(0, launch("test", "-pl", "src/library").code);
    }

    @Test
    void withoutMavenTheWrapperRuns() throws Exception {
        printTheWrappersArguments();
        Outcome run = launch("test", "-Dtest=A");
        assertEquals(0, run.code, run.err);
        assertTrue(run.err.startsWith("clnorm: downloading Maven\n"), run.err);
        assertTrue(run.out.contains("JAVA_HOME=" + java + "\n"), run.out);
        assertTrue(run.out.contains(home + "/.mvn/wrapper/bin\n"), run.out);
        assertTrue(run.out.contains("argument=test\n") && run.out.endsWith("argument=-Dtest=A\n"), run.out);
    }

    @Test
    void aWrapperThatDownloadedMavenIsQuiet() throws Exception {
        printTheWrappersArguments();
        Path user = temporary.resolve("user");
        Files.createDirectories(user.resolve(".m2/wrapper/dists/apache-maven-3.9.9"));
        environment.put("HOME", user.toString());
        assertFalse(launch("test").err.contains("downloading"));
    }

    @Test
    void aMavenThatIsTooOldIsReplacedByTheWrapper() throws Exception {
        executable(tools.resolve("mvn"), "#!/bin/sh\necho Apache Maven 3.6.3\n");
        printTheWrappersArguments();
        Outcome run = launch("test", "-Dtest=A");
        assertEquals(0, run.code, run.err);
        assertTrue(run.out.endsWith("argument=-Dtest=A\n"), run.out);
    }

    @Test
    void aWrapperThatCannotDownloadLeavesTheRemedy() throws Exception {
        executable(home.resolve("mvnw"), "#!/bin/sh\necho no network >&2\nexit 1\n");
        Outcome run = launch("devices");
        assertEquals(1, run.code, run.err);
        assertEquals("", run.out);
        assertTrue(run.err.contains("Maven was not found. Install it: "), run.err);
    }

    /** The wrapper asks for unzip, which small systems lack. */
    @Test
    void theJdkStandsInForUnzip() throws Exception {
        Path archive = temporary.resolve("a b.zip");
        try (var zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            zip.putNextEntry(new ZipEntry("apache-maven-3/bin/mvn"));
            zip.write("#!/bin/sh\n".getBytes(StandardCharsets.UTF_8));
        }
        Path folder = Files.createDirectory(temporary.resolve("c d"));
        Path unzip = Path.of(".mvn/wrapper/bin/unzip").toAbsolutePath();
        Files.createSymbolicLink(tools.resolve("chmod"), Path.of("/bin/chmod"));
        Outcome run = execute(List.of("/bin/sh", unzip.toString(), "-q", archive.toString(), "-d", folder.toString()));
        assertEquals(0, run.code, run.err);
        assertTrue(Files.isExecutable(folder.resolve("apache-maven-3/bin/mvn")));
    }

    @Test
    void aBuildThatFailsShowsMavensErrorAndWhereTheLogIs() throws Exception {
        Path maven = Files.writeString(
                tools.resolve("mvn"),
                """
                #!/bin/sh
                [ "$1" = -version ] && echo Apache Maven 3.9.9 && exit 0
                echo "[ERROR] nothing compiles today"
                exit 1
                """);
        assertTrue(maven.toFile().setExecutable(true));
        Outcome run = launch("devices");
        assertEquals(1, run.code, run.err);
        assertTrue(run.err.contains("nothing compiles today"), run.err);
        assertTrue(run.err.contains("build.log"), run.err);
    }

    /** The arguments that the launcher passes to Java, printed by a JVM in its place. */
    static final class Told {
        private Told() {}

        public static void main(String[] arguments) throws IOException {
            PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
            out.println("encoding=" + System.getProperty("sun.jnu.encoding"));
            Path limits = Path.of("/proc/self/limits");
            if (Files.exists(limits)) {
                Files.readAllLines(limits).stream()
                        .filter(line -> line.startsWith("Max core"))
                        .forEach(out::println);
            }
            for (String argument : arguments) {
                out.println("argument=" + argument);
            }
        }
    }

    private static void executable(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    /** A Maven that prints its arguments. */
    private void printMavensArguments() throws IOException {
        executable(
                tools.resolve("mvn"),
                """
                #!/bin/sh
                [ "$1" = -version ] && echo Apache Maven 3.9.9 && exit 0
                for argument in "$@"; do echo "argument=$argument"; done
                case "$*" in *NoSuchTest*) exit 0 ;; esac
                # Later than a tick of the file system's clock.
                /bin/sleep 0.05
                mkdir -p target/clnorm && : >target/clnorm/TEST-A.xml
                """);
    }

    @Test
    void fastLeavesOutSlowTestsAndMesasDevice() throws Exception {
        printMavensArguments();
        Outcome run = launch("test", "--fast", "-Dtest=A");
        assertEquals(0, run.code, run.err);
        for (String argument : List.of(
                "test",
                "-DexcludedGroups=slow,oclgrind,browser,stress",
                "-Dclnorm.conformance.skip=true",
                "-Dclnorm.test.rusticl=none",
                "-Dtest=A")) {
            assertTrue(run.out.contains("argument=" + argument + "\n"), run.out);
        }
        assertFalse(run.out.contains("newerJava"), run.out);
    }

    @Test
    void soakRunsStressTestsAloneInTheirLongForm() throws Exception {
        printMavensArguments();
        for (String option : List.of("--soak", "--soak=3")) {
            Outcome run = launch("test", option, "-Dtest=A");
            assertEquals(0, run.code, run.err);
            assertTrue(run.out.contains("argument=-Dgroups=stress\n"), run.out);
            assertTrue(
                    run.out.contains("argument=-Dclnorm.soak=" + (option.equals("--soak") ? "true" : "3") + "\n"),
                    run.out);
            assertTrue(run.out.contains("argument=-Dclnorm.conformance.skip=true\n"), run.out);
            assertTrue(run.out.endsWith("argument=-Dtest=A\n"), run.out);
            assertFalse(run.out.contains("clnorm.newerJava"), run.out);
        }
    }

    @Test
    void aSoakOfNoNumberIsRefused() throws Exception {
        printMavensArguments();
        for (String number : List.of("", "0", "-1", "many", "1.5")) {
            Outcome run = launch("test", "--soak=" + number);
            assertEquals(2, run.code, run.err);
            assertEquals("", run.out);
            assertEquals(
                    "clnorm: --soak=" + number + ": expected a whole number of 1 or more, such as --soak=3\n", run.err);
        }
    }

    @Test
    void moduleRunsTheTestsOfThatModuleAlone() throws Exception {
        printMavensArguments();
        for (List<String> option : List.of(List.of("--module", "dl4j"), List.of("--module=dl4j"))) {
            List<String> arguments = new ArrayList<>(List.of("test"));
            arguments.addAll(option);
            arguments.add("-Dtest=A");
            Outcome run = launch(arguments.toArray(new String[0]));
            assertEquals(0, run.code, run.err);
            for (String argument : List.of(
                    "test",
                    "-Pdl4j",
                    "src/dl4j",
                    "-Dmaven.test.skip=true",
                    "-Dclnorm.module.test.skip=false",
                    "-Dtest=A")) {
                assertTrue(run.out.contains("argument=" + argument + "\n"), run.out);
            }
        }
    }

    @Test
    void anUnknownModuleIsRefusedInOneLine() throws Exception {
        printMavensArguments();
        for (String name : List.of("", "library", "dl4j ", "../dl4j")) {
            Outcome run = launch("test", "--module", name);
            assertEquals(2, run.code, run.err);
            assertEquals("", run.out);
            assertTrue(run.err.startsWith("clnorm: --module=" + name + ": expected one of: dl4j"), run.err);
            assertEquals(1, run.err.lines().count(), run.err);
        }
        Outcome run = launch("test", "--module");
        assertEquals(2, run.code, run.err);
        assertEquals(1, run.err.lines().count(), run.err);
    }

    @Test
    void withoutSoakNoPropertyOfItIsSet() throws Exception {
        printMavensArguments();
        Outcome run = launch("test");
        assertEquals(0, run.code, run.err);
        assertFalse(run.out.contains("soak") || run.out.contains("stress"), run.out);
        // Whether this machine has a newer Java or not, at most one line says what tests of threads run on.
        boolean again = run.out.contains("argument=-Dclnorm.newerJava=");
        long lines = run.err
                .lines()
                .filter(line -> line.contains("tests of threads run on"))
                .count();
        assertTrue(again ? lines == 1 : lines <= 1, run.err);
    }

    /** The library's manifest has no Class-Path: a compiler would warn if its entries do not exist. */
    @Test
    void theClassPathNamesTheLibraries() throws Exception {
        Path jdk = Files.createDirectories(temporary.resolve("jdk"));
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
        executable(jdk.resolve("bin/javac"), "#!/bin/sh\n");
        executable(
                jdk.resolve("bin/java"), "#!/bin/sh\nfor argument in \"$@\"; do echo \"argument=$argument\"; done\n");
        Path target = Files.createDirectories(home.resolve("target/lib")).getParent();
        for (String file : List.of("clnorm.jar", "lib/b.jar", "lib/a.jar", "built")) {
            Files.createFile(target.resolve(file));
        }
        java = jdk.toString();
        Outcome run = launch("compare", "a b", "*");
        assertEquals(0, run.code, run.err);
        Path real = target.toRealPath();
        List<String> lines = run.out.lines().toList();
        int at = lines.indexOf("argument=-cp");
        assertEquals(
                List.of(
                        "argument=" + real + "/clnorm.jar:" + real + "/lib/a.jar:" + real + "/lib/b.jar",
                        "argument=io.github.clnorm.tools.Main",
                        "argument=compare",
                        "argument=a b",
                        "argument=*"),
                lines.subList(at + 1, lines.size()));
        assertTrue(lines.contains("argument=--enable-native-access=ALL-UNNAMED"), run.out);
        assertFalse(lines.contains("argument=-jar"), run.out);
        String pom = Files.readString(Path.of("pom.xml"));
        assertFalse(
                pom.contains("<addClasspath>") || pom.contains("<Class-Path>"),
                "a Class-Path in the library's manifest");
    }

    /** A built project, with a JDK that prints its arguments. */
    private void alreadyBuilt() throws IOException {
        Path jdk = temporary.resolve("jdk");
        executable(jdk.resolve("bin/javac"), "#!/bin/sh\n");
        executable(
                jdk.resolve("bin/java"),
                "#!/bin/sh\nexec '" + Path.of(System.getProperty("java.home"), "bin", "java") + "' -cp '"
                        + System.getProperty("java.class.path") + "' '" + Told.class.getName() + "' \"$@\"\n");
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
        environment.put("JAVA_HOME", jdk.toString());
        environment.put("CLNORM_CACHE", temporary.resolve("cache").toString());
        Files.createDirectories(home.resolve("target/lib"));
        Files.writeString(home.resolve("target/clnorm.jar"), "");
        Files.writeString(home.resolve("target/built"), "");
        for (String tool : List.of("locale", "cksum", "cp", "pwd")) {
            Path path = Path.of("/usr/bin", tool);
            if (Files.exists(path)) {
                Files.createSymbolicLink(tools.resolve(tool), path);
            }
        }
    }

    private void moveTo(String name) throws IOException {
        home = Files.move(home, temporary.resolve(name));
    }

    @Test
    void namesAreUtf8WhereTheEnvironmentNamesNoLocale() throws Exception {
        alreadyBuilt();
        // The class path of this JVM is the tests', and its arguments are in a UTF-8 file.
        Path script = temporary.resolve("script");
        for (String locale :
                List.of("", "LC_ALL=C ", "LANG=POSIX ", "LC_CTYPE=C ", "LANG=xx_XX.UTF-8 ", "LC_ALL=C.UTF-8 ")) {
            Files.writeString(
                    script, locale + "exec /bin/sh '" + home.resolve("clnorm") + "' compare 'é \uD83D\uDE00'\n");
            Outcome run = shell(script);
            assertEquals(0, run.code, run.err);
            assertTrue(run.out.contains("encoding=UTF-8\n"), locale + run.out);
            assertTrue(run.out.endsWith("argument=compare\nargument=é \uD83D\uDE00\n"), locale + run.out);
        }
    }

    @Test
    void fromAFolderThatJavaCannotLoadFromItsJarsAreCopied() throws Exception {
        alreadyBuilt();
        for (String name : List.of("a:b", "a!b", "\uD83D\uDE00")) {
            moveTo(name);
            Outcome run = launch("compare");
            assertEquals(0, run.code, run.err);
            String jar = run.out
                    .lines()
                    .filter(line -> line.endsWith("clnorm.jar"))
                    .map(line -> line.substring("argument=".length()))
                    .findFirst()
                    .orElseThrow();
            assertTrue(jar.startsWith(temporary.resolve("cache/jars-").toString()), jar);
            assertTrue(
                    Files.exists(Path.of(jar)) && Files.isDirectory(Path.of(jar).resolveSibling("lib")), jar);
        }
        moveTo("é");
        assertTrue(launch("compare").out.contains("argument=" + home + "/target/clnorm.jar\n"));
    }

    @Test
    void fromAFolderWithAColonAndWithoutACacheOneLineSaysSo() throws Exception {
        alreadyBuilt();
        moveTo("a:b");
        environment.put(
                "CLNORM_CACHE", temporary.resolve("out").resolve("below").toString());
        Outcome run = launch("compare");
        assertEquals(1, run.code, run.err);
        assertEquals("", run.out);
        assertEquals(1, run.err.lines().count(), run.err);
        assertTrue(run.err.startsWith("clnorm: Java cannot start from " + home), run.err);
    }

    @Test
    void aJvmThatFindsTooLittleMemoryIsOneLineOnStandardError() throws Exception {
        alreadyBuilt();
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        Outcome run = shell(Files.writeString(
                temporary.resolve("script"),
                "ulimit -v 300000; exec /bin/sh '" + home.resolve("clnorm") + "' compare\n"));
        assertEquals(1, run.code, run.err);
        assertEquals("", run.out);
        assertEquals(1, run.err.lines().count(), run.err);
        assertTrue(run.err.startsWith("clnorm: Java cannot start with ulimit -v 300000: "), run.err);
    }

    @Test
    void aWorkingDirectoryThatWasDeletedIsNamed() throws Exception {
        alreadyBuilt();
        Path gone = Files.createDirectory(temporary.resolve("gone"));
        Outcome run = shell(Files.writeString(
                temporary.resolve("script"),
                "cd '" + gone + "' && rm -r '" + gone + "' && exec /bin/sh '" + home.resolve("clnorm")
                        + "' compare\n"));
        assertEquals(1, run.code, run.err);
        assertEquals("", run.out);
        // A shell may add a line of its own before the launcher begins.
        assertTrue(run.err.endsWith("clnorm: the working directory was deleted: change to another one\n"), run.err);
    }

    @Test
    void whatTheJvmItselfSaysGoesToStandardError() throws Exception {
        alreadyBuilt();
        Outcome run = launch("compare");
        assertTrue(run.out.contains("argument=-XX:+DisplayVMOutputToStderr\n"));
        // Otherwise the JVM would report a crash in a driver on standard output.
        assertTrue(run.out.contains("argument=-XX:+SuppressFatalErrorMessage\n"));
    }

    @Test
    void aCrashLeavesNoMemoryImage() throws Exception {
        alreadyBuilt();
        Outcome run = launch("compare");
        assertTrue(run.out.lines().anyMatch(line -> line.matches("Max core file size +0 +0 .*")), run.out);
    }

    @Test
    void withoutPandocOneLineNamesTheCommand() throws Exception {
        Outcome run = launch("site");
        assertEquals(1, run.code, run.err);
        assertEquals("", run.out);
        assertEquals(1, run.err.lines().count(), run.err);
        assertTrue(run.err.startsWith("clnorm: pandoc was not found. Install it: "), run.err);
    }

    @Test
    void siteHelpNeedsNoPandoc() throws Exception {
        Files.createDirectories(home.resolve("docs/site"));
        Files.copy(Path.of("docs/site/build"), home.resolve("docs/site/build"));
        Outcome run = launch("site", "--help");
        assertEquals(0, run.code, run.err);
        assertTrue(run.out.startsWith("Usage: clnorm site"), run.out);
    }

    @Test
    void testHelpNeedsNoMaven() throws Exception {
        Outcome run = launch("test", "--help");
        assertEquals(0, run.code, run.err);
        assertTrue(run.out.startsWith("Usage: clnorm test"), run.out);
    }
}
