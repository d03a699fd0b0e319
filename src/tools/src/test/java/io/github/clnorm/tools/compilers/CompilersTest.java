package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompilersTest {

    // Whatever this machine has, this is not Intel's compiler.
    private static final Compilers WITHOUT_INTEL = Compilers.find(Path.of("no-such-folder"));

    @Test
    void aMissingCompilerIsNamedInOneLine() {
        assertFalse(WITHOUT_INTEL.has(Target.TGLLP));
        List<String> lines = WITHOUT_INTEL.missing();
        assertEquals(
                1,
                lines.stream()
                        .filter(line -> line.contains("ocloc was not found"))
                        .count(),
                lines.toString());
        assertTrue(lines.stream().noneMatch(line -> line.contains("\n")), lines.toString());
    }

    @Test
    void aRequiredCompilerMustBeThere() {
        assertEquals(List.of("ocloc"), WITHOUT_INTEL.missingOf("ocloc"));
        assertEquals(List.of("ocloc"), WITHOUT_INTEL.missingOf(" ocloc ,"));
        assertEquals(List.of(), WITHOUT_INTEL.missingOf(""));
        assertThrows(IllegalArgumentException.class, () -> WITHOUT_INTEL.missingOf("ocloc,gcc"));
    }

    @Test
    void messagesOfClangAndPtxasAreErrorsAndWarnings() {
        assertEquals(
                List.of("kernels.cl:3:9: warning: double precision constant", "ptxas warning : too many registers"),
                Clang.messages(
                        """
                        kernels.cl:3:9: warning: double precision constant
                        kernels.cl:9:1: remark: VGPRs: 99
                        ptxas info    : Used 66 registers
                        ptxas warning : too many registers
                        1 warning generated.
                        """));
    }
}
