package io.github.clnorm.tools.survey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the survey if there is no PyTorch, or it fails: with programs that answer as told. */
class PyTorchTest {

    private static final String HELLO =
            "{\"python\":\"3.12\",\"torch\":\"2.9\",\"backend\":\"cuda\",\"device\":\"H200\"}";
    private static final String ROWS = "{\"compile_seconds\":3,\"rows\":["
            + "{\"direction\":\"forward\",\"mode\":\"eager\",\"ns\":[3000,1000,2000],\"device_ns\":[900]},"
            + "{\"direction\":\"backward\",\"mode\":\"compiled\",\"problem\":\"no\\ncompiler\"}]}";
    private static final Workload WORKLOAD = Suite.AWKWARD.workloads().get(1);

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private Path folder;

    private final List<String> asked = new ArrayList<>();
    private int closed;

    /** Answers the lines in turn; an empty one means that it does not answer, and after the last one it has ended. */
    private Conversation answers(String... lines) {
        Deque<String> left = new ArrayDeque<>(List.of(lines));
        return new Conversation() {
            private boolean silent;

            @Override
            public void send(String line) {
                asked.add(line);
            }

            @Override
            public String receive(long nanoseconds) {
                String line = left.isEmpty() ? "" : left.remove();
                silent = line.isEmpty();
                return silent ? null : line;
            }

            @Override
            public String lastWords() {
                return silent && !left.isEmpty() ? "it did not answer in time" : "Segmentation fault";
            }

            @Override
            public void close() {
                closed++;
            }
        };
    }

    private static PyTorch find(PyTorch.Starter starter) {
        PyTorch pytorch = PyTorch.find(starter, PyTorch.AUTO, TestInfo.GPU);
        pytorch.await(1);
        return pytorch;
    }

    @Test
    void rowsHaveTimesOrReasons() {
        PyTorch pytorch = find(arguments -> {
            assertEquals(List.of("auto", "Device", ""), arguments);
            return answers("a warning of a module", HELLO, "more words", ROWS);
        });
        pytorch.measure(WORKLOAD, 0.5, true, () -> 1);
        assertTrue(asked.get(0).contains("\"operation\":\"group_norm\""), asked.toString());
        assertTrue(asked.get(0).contains("\"compile\":true"), asked.toString());
        assertEquals(3, pytorch.compileSeconds());
        PyTorchRow forward = pytorch.rows().get(0);
        assertEquals(2, forward.time().median());
        assertEquals(0.9, forward.deviceMicroseconds());
        PyTorchRow backward = pytorch.rows().get(1);
        assertEquals(Direction.BACKWARD, backward.direction());
        assertNull(backward.time());
        assertEquals("no compiler", backward.reason());
        assertEquals(Stage.Outcome.OK, pytorch.outcome());
        assertEquals("2.9", pytorch.node().get("torch").asText());
        assertTrue(pytorch.node().get("rows").get(1).get("us").isNull());
    }

    @Test
    void aMachineWithoutPythonOrTorchIsSkippedWithTheReason() {
        PyTorch none = find(arguments -> {
            throw new IOException("cannot start python9");
        });
        assertEquals(Stage.Outcome.skipped("cannot start python9"), none.outcome());
        PyTorch without = find(arguments -> answers("{\"problem\":\"torch 2.9 has no GPU\"}"));
        assertEquals(Stage.Outcome.skipped("torch 2.9 has no GPU"), without.outcome());
        assertEquals(1, closed);
        without.measure(WORKLOAD, 0.5, true, () -> 1);
        assertEquals(List.of(), asked);
        PyTorch crashed = find(arguments -> answers());
        assertEquals(Stage.Outcome.skipped("Segmentation fault"), crashed.outcome());
        PyTorch garbage = find(arguments -> answers("{not json"));
        assertEquals(Stage.Outcome.skipped("an answer is no JSON"), garbage.outcome());
    }

    @Test
    void anAnswerOfAnotherScriptEndsPyTorchAlone() {
        for (String odd : List.of(
                "{\"rows\":[{\"direction\":\"sideways\",\"mode\":\"eager\",\"ns\":[1]}]}",
                "{\"rows\":[{\"direction\":\"forward\",\"ns\":[1]}]}",
                "{\"rows\":3}",
                "{}")) {
            PyTorch pytorch = find(arguments -> answers(HELLO, odd));
            pytorch.measure(WORKLOAD, 0.5, false, () -> 1);
            assertFalse(pytorch.isRunning(), odd);
            assertEquals(Stage.Outcome.skipped("an answer is not as expected"), pytorch.outcome(), odd);
        }
    }

    @Test
    void thePythonThatDoesNotStartIsNamed() throws IOException {
        Path missing = folder.resolve("no-python");
        PyTorch pytorch = PyTorch.find(List.of(missing.toString()), PyTorch.AUTO, TestInfo.GPU);
        assertTrue(pytorch.problem().startsWith("cannot start " + missing + ": "), pytorch.problem());
    }

    @Test
    void theScriptTakesTheSurveyedGpu() throws IOException {
        assertEquals(
                "NVIDIA H100 80GB HBM3",
                taken("NVIDIA H100 80GB HBM3", "", "NVIDIA A100 80GB PCIe", "NVIDIA H100 80GB HBM3"));
        assertEquals(
                "NVIDIA GeForce RTX 4080",
                taken("RTX 4080", "", "NVIDIA GeForce RTX 4080 SUPER", "NVIDIA GeForce RTX 4080"));
        assertEquals(
                "AMD Radeon RX 7900 XTX",
                taken("gfx1100", "", "AMD Radeon RX 7900 XTX@@gfx1100", "Radeon Pro W7600@@gfx1102"));
        assertEquals("Intel Arc A770", taken("Intel(R) Arc(TM) A770 Graphics", "", "Intel Arc A770", "Intel Arc A380"));
        assertEquals("one", taken("whatever", "0000:3b:00.0", "two@5e", "one@3b"));
        assertEquals("NVIDIA H200", taken("NVIDIA H200", "0000:3b:00.0", "NVIDIA H200"), "torch without addresses");
    }

    @Test
    void theScriptTakesNoGpuThatMayBeAnother() throws IOException {
        for (List<String> gpus : List.of(
                List.of("NVIDIA H100 80GB HBM3", "NVIDIA A100 80GB PCIe"),
                List.of("RTX 4080", "NVIDIA GeForce RTX 4080 SUPER"),
                List.of("NVIDIA A100-SXM4-40GB", "NVIDIA A800-SXM4-40GB"))) {
            String problem = taken(gpus.get(0), "", gpus.get(1));
            assertTrue(problem.startsWith("PyTorch has other GPUs than " + gpus.get(0)), problem);
        }
        String several = taken("NVIDIA H200", "", "NVIDIA H200", "NVIDIA H200");
        assertTrue(several.startsWith("PyTorch has several GPUs that may be NVIDIA H200: cuda:0"), several);
        String elsewhere = taken("NVIDIA H200", "0000:3b:00.0", "NVIDIA H200@5e", "NVIDIA H200@86");
        assertTrue(elsewhere.startsWith("PyTorch has other GPUs"), elsewhere);
        assertEquals("torch 9 has no GPU", taken("NVIDIA H200", ""));
    }

    /** The GPU that the script takes with a torch that has some, NAME@BUS@ARCHITECTURE; or why it takes none. */
    private String taken(String surveyed, String address, String... gpus) throws IOException {
        Files.writeString(
                folder.resolve("torch.py"),
                """
                import sys
                from types import SimpleNamespace

                GPUS = %s

                def properties(index):
                    name, bus, architecture = (GPUS[index].split("@") + ["", ""])[:3]
                    known = dict(pci_domain_id=0, pci_bus_id=int(bus, 16), pci_device_id=0) if bus else {}
                    return SimpleNamespace(name=name, gcnArchName=architecture, **known)

                __version__ = "9"
                version = SimpleNamespace(hip=None)
                backends = SimpleNamespace()
                device = lambda backend, index: "%%s:%%d" %% (backend, index)
                cuda = SimpleNamespace(is_available=lambda: True, device_count=lambda: len(GPUS),
                                       set_device=lambda index: None, get_device_properties=properties)
                """
                        .formatted(MAPPER.writeValueAsString(gpus)));
        Path python = Files.writeString(
                folder.resolve("python"), "#!/bin/sh\nPYTHONPATH='" + folder + "' exec python3 -B \"$@\"\n");
        assertTrue(python.toFile().setExecutable(true));
        DeviceInfo device = TestInfo.with(TestInfo.with(TestInfo.GPU, "name", surveyed), "pciAddress", address);
        try (PyTorch pytorch = PyTorch.find(List.of(python.toString()), PyTorch.AUTO, device)) {
            pytorch.await(Long.MAX_VALUE);
            return pytorch.problem().isEmpty() ? pytorch.node().get("device").asText() : pytorch.problem();
        }
    }

    @Test
    void aCpuIsNotComparedUnlessItIsAskedFor() {
        PyTorch.Starter never = arguments -> {
            throw new AssertionError("not needed");
        };
        assertTrue(PyTorch.find(never, PyTorch.AUTO, TestInfo.CPU).problem().contains("CPU"));
        assertTrue(PyTorch.find(never, PyTorch.OFF, TestInfo.GPU).problem().contains("--pytorch off"));
        assertTrue(
                PyTorch.find(arguments -> answers(HELLO), "cpu", TestInfo.CPU).isRunning());
    }

    @Test
    void aCompilerThatFailsCostsTheCompiledRowsAlone() {
        int[] starts = {0};
        PyTorch pytorch = find(arguments -> starts[0]++ == 0 ? answers(HELLO, "", "x") : answers(HELLO, ROWS));
        pytorch.measure(WORKLOAD, 0.5, true, () -> 1);
        assertEquals(2, starts[0]);
        assertEquals("it did not answer in time", pytorch.rows().get(0).reason());
        assertEquals(PyTorchRow.Mode.COMPILED, pytorch.rows().get(0).mode());
        pytorch.measure(WORKLOAD, 0.5, true, () -> 1);
        assertTrue(asked.get(1).contains("\"compile\":false"), asked.toString());
        assertEquals(3, pytorch.rows().size());
    }

    @Test
    void aProgramThatEndsKeepsItsRows() {
        PyTorch pytorch = find(arguments -> answers(HELLO, ROWS));
        pytorch.measure(WORKLOAD, 0.5, false, () -> 1);
        pytorch.measure(WORKLOAD, 0.5, false, () -> 1);
        assertFalse(pytorch.isRunning());
        assertEquals(Stage.Outcome.cutShort("2 passes were measured, then Segmentation fault"), pytorch.outcome());
    }

    @Test
    void atTheEndOfTheTimeItIsNotStartedAgain() {
        int[] starts = {0};
        PyTorch pytorch = find(arguments -> {
            starts[0]++;
            return answers(HELLO);
        });
        pytorch.measure(WORKLOAD, 0.5, true, () -> 0);
        assertEquals(1, starts[0]);
        assertFalse(pytorch.isRunning());
    }

    @Test
    void aProcessIsAskedByLinesAndEndsWhenItIsClosed() throws IOException {
        Path python = folder.resolve("python");
        Files.writeString(
                python,
                """
                #!/bin/sh
                [ "$1" = -u ] && [ "$(cat "$2")" = source ] && [ "$3" = cuda:1 ] || exit 9
                echo '%s'
                while read -r line; do echo '%s'; done
                """
                        .formatted(HELLO, ROWS.replace("\\n", " ")));
        assertTrue(python.toFile().setExecutable(true));
        PyTorch pytorch = PyTorch.find(
                arguments -> PythonProcess.start(
                        python.toString(), "source".getBytes(java.nio.charset.StandardCharsets.UTF_8), arguments),
                "cuda:1",
                TestInfo.GPU);
        pytorch.await(Long.MAX_VALUE);
        pytorch.measure(WORKLOAD, 0.5, false, () -> Long.MAX_VALUE);
        assertEquals("", pytorch.problem());
        assertEquals(2, pytorch.rows().size());
        pytorch.close();
        assertFalse(pytorch.isRunning());
    }

    @Test
    void theLastWordsOfAProcessAreItsReason() throws IOException {
        Path python = Files.writeString(folder.resolve("python"), "#!/bin/sh\necho 'no CUDA driver' >&2\nexit 1\n");
        assertTrue(python.toFile().setExecutable(true));
        try (PythonProcess process = PythonProcess.start(python.toString(), new byte[0], List.of())) {
            assertNull(process.receive(Long.MAX_VALUE));
            assertEquals("no CUDA driver", process.lastWords());
        }
    }

    @Test
    void javasSignalLibraryIsNotForPython() {
        Map<String, String> environment = new HashMap<>(Map.of("LD_PRELOAD", "/jdk/libjsig.so:/opt/mine.so"));
        PythonProcess.withoutJava(environment);
        assertEquals("/opt/mine.so", environment.get("LD_PRELOAD"));
        environment.put("LD_PRELOAD", "/jdk/libjsig.so");
        PythonProcess.withoutJava(environment);
        assertEquals(Map.of(), environment);
    }

    @Test
    void windowsHasAnotherNameForIt() {
        assertEquals("python", PyTorch.pythons("Windows 11").get(0));
        assertEquals("python3", PyTorch.pythons("Linux").get(0));
    }
}
