package io.github.clnorm.tools.survey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people send has no names of users, machines or folders. */
class PrivateTextTest {

    private final PrivateText text =
            new PrivateText(List.of("/home/Ada Lovelace", "C:\\Users\\Ada Lovelace"), List.of("ada", "engine"));

    @Test
    void pathsLoseTheirFolders() {
        assertEquals(
                "libfoo.so.1: cannot open shared object file",
                text.ofSentence("/opt/secret/lib/libfoo.so.1: cannot open shared object file"));
        assertEquals(
                "pocl.icd names libpocl.so.2.10.0",
                text.ofSentence("/etc/OpenCL/vendors/pocl.icd names libpocl.so.2.10.0"));
        assertEquals("(folder) is not a folder", text.ofSentence("/srv/ada/x is not a folder"));
        assertEquals("in (folder), see", text.ofSentence("in ~/.cache/clnorm, see"));
        assertEquals("'(folder)'", text.ofSentence("'D:\\work\\ada'"));
        assertEquals("(folder) (", text.ofSentence("\\\\server\\share\\x ("));
        assertEquals("(OCL_ICD_VENDORS=(folder))", text.ofSentence("(OCL_ICD_VENDORS=/home/x/v)"));
    }

    @Test
    void aHomeWithASpaceIsRemovedAsAWhole() {
        assertEquals("(folder): permission denied", text.ofSentence("/home/Ada Lovelace/.cache: permission denied"));
        assertEquals("kernel.cl at 3", text.ofSentence("C:\\Users\\Ada Lovelace\\tmp\\kernel.cl at 3"));
    }

    @Test
    void namesAreRemovedFromSentencesAsWholeWords() {
        assertEquals("(name)@(name): adaptive engines", text.ofSentence("ada@Engine: adaptive engines"));
    }

    @Test
    void figuresAndFormulasStay() {
        for (String same : List.of(
                "group_norm 2x320x64x64 G=32, float32",
                "|y - expected| / (1 + |expected|)",
                "OpenCL 3.0 PoCL 3.1+debian  Linux, None+Asserts",
                "1/2 of 3.5e-7",
                "and/or",
                "resident, work-group 1, vector 16")) {
            assertEquals(same, text.ofSentence(same));
        }
    }

    @Test
    void aDocumentIsCleanedEverywhereAndADeviceKeepsItsName() {
        ObjectNode root = SurveyDocument.object();
        root.put("name", "Engine 9000")
                .put("problem", "engine: /home/x/y failed")
                .put("us", 3.5);
        root.putArray("missing").add("ada: /home/x").add("tune: no time was left");
        ObjectNode inner = root.putArray("rows")
                .addObject()
                .put("plan", "at /tmp/ada/plan")
                .put("reason", "for ada");
        text.clean(root);
        assertEquals("Engine 9000", root.get("name").asText());
        assertEquals("(name): (folder) failed", root.get("problem").asText());
        assertEquals("(name): (folder)", root.get("missing").get(0).asText());
        assertEquals("at (folder)", inner.get("plan").asText());
        assertEquals("for (name)", inner.get("reason").asText());
        assertEquals(3.5, root.get("us").asDouble());
    }

    @Test
    void emptyAndShortNamesRemoveNothing() {
        PrivateText none = new PrivateText(List.of("", "/"), List.of("", "a"));
        assertEquals("a driver for me", none.ofSentence("a driver for me"));
        assertFalse(none.ofSentence("/").isEmpty());
    }
}
