package io.github.clnorm.tools.survey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What people send has no names of users, machines or folders. */
class PrivateTextTest {

    private final PrivateText text = new PrivateText(
            PrivateFolders.of(List.of("/home/Ada Lovelace", "C:\\Users\\Ada Lovelace")), List.of("ada", "engine"));

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
    void aPathWithSpacesOrARelativeOneIsFoundByItsForm() {
        Map<String, String> expected = new LinkedHashMap<>();
        expected.put("/home/bobsecret/my drivers/x.icd: no file", "x.icd: no file");
        expected.put("cannot load D:\\Project Falcon\\lib\\x.dll", "cannot load x.dll");
        expected.put("C:\\Program Files (x86)\\Falcon\\x.dll failed", "x.dll failed");
        expected.put("./falcon/vend/foo.icd: ./falcon/lib/libfoo.so is missing", "foo.icd: libfoo.so is missing");
        expected.put("falcon/lib/libfoo.so.1: no file", "libfoo.so.1: no file");
        expected.put("names ../acme corp/lib/libfoo.so", "names libfoo.so");
        expected.put("/opt/Acme Secret Corp/drivers is no folder", "(folder) is no folder");
        expected.put("'/opt/Acme Corp' and \"..\\Falcon 2\"", "'(folder)' and \"(folder)\"");
        expected.put("/opt/falcon/a.icd and /opt/falcon/b.icd", "a.icd and b.icd");
        expected.put("file:///srv/falcon/x.so", "file:x.so");
        expected.forEach((given, cleaned) -> assertEquals(cleaned, text.ofSentence(given)));
    }

    @Test
    void aLongTextNeedsNoDeepStack() {
        String part = "falcon/".repeat(50_000);
        assertEquals("(folder)", text.ofSentence("/" + part));
        assertEquals("x.so", text.ofSentence(part + "x.so"));
        assertEquals("a (folder) word", text.ofSentence("a /" + "falcon drivers/".repeat(300) + " word"));
    }

    @Test
    void whatTheProcessKnowsIsRemovedLiterally() {
        Map<String, String> environment = Map.of(
                "OCL_ICD_VENDORS", "./secret-client/vend",
                "OCL_ICD_FILENAMES", "../acme corp/x.icd",
                "POCL_CACHE_DIR", "falcon",
                "CLNORM_CACHE", "/data/Project Heron/cache",
                "LD_LIBRARY_PATH", "/usr/lib/x86_64-linux-gnu:owl house/lib:lib");
        Map<String, String> properties = Map.of(
                "user.dir", "/home/bobsecret/gpu", "java.class.path", "jars of kestrel/clnorm.jar:target/classes");
        PrivateText known = new PrivateText(PrivateFolders.ofProcess(environment, properties::get), List.of());
        Map<String, String> expected = new LinkedHashMap<>();
        expected.put(
                "(OCL_ICD_VENDORS=./secret-client/vend) names ./secret-client/lib/libfoo.so",
                "(OCL_ICD_VENDORS=(folder)) names libfoo.so");
        expected.put("./secret-client/vend/foo.icd: secret-client is private", "foo.icd: (folder) is private");
        expected.put("no ICD file in secret-client/vend", "no ICD file in (folder)");
        expected.put("../acme corp/x.icd; acme corp/lib/y.so", "x.icd; y.so");
        expected.put("the folder falcon cannot be written", "the folder (folder) cannot be written");
        expected.put("set POCL_CACHE_DIR=FALCON", "set POCL_CACHE_DIR=(folder)");
        expected.put("/data/Project Heron is not a folder", "(folder) is not a folder");
        expected.put("owl house/lib/libz.so", "libz.so");
        expected.put("in bobsecret's folder", "in (folder)'s folder");
        expected.put("jars of kestrel/native/j.so", "j.so");
        expected.put("torch 2.9 has no GPU in its library", "torch 2.9 has no GPU in its library");
        expected.forEach((given, cleaned) -> assertEquals(cleaned, known.ofSentence(given)));
        ObjectNode doctor = SurveyDocument.object();
        doctor.putArray("findings").addObject().put("subject", "secret-client/vend/foo.icd");
        known.clean(doctor);
        assertEquals("foo.icd", doctor.get("findings").get(0).get("subject").asText());
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
        PrivateText none = new PrivateText(PrivateFolders.of(List.of("", "/")), List.of("", "a"));
        assertEquals("a driver for me", none.ofSentence("a driver for me"));
        assertFalse(none.ofSentence("/").isEmpty());
    }
}
