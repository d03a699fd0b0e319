package io.github.clnorm.tools.compilers;

import io.github.clnorm.tools.compilers.Instruction.Kind;
import io.github.clnorm.tools.compilers.Instruction.Wait;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads PTX. Its order is not that of the machine code: ptxas may move a load up to the store or barrier before it, since a
 * store may write what the load reads. A load is therefore outstanding until the next store or barrier. Thread-safe.
 */
final class PtxAssembly {

    private static final Pattern LABEL = Pattern.compile("^(\\$\\w+):");
    private static final Pattern GUARD = Pattern.compile("^@!?%\\w+\\s+");
    private static final Pattern ACCESS = Pattern.compile(
            "(ld|st)(?:\\.volatile|\\.relaxed|\\.weak)?(?:\\.(global|shared|local|param|const))?(?:\\.nc)?(?:\\.(v2|v4))?\\.[busf](\\d+)");
    private static final Pattern DIVISION = Pattern.compile("(?:div|rem)\\.[us]64");

    private PtxAssembly() {}

    /**
     * The instructions of a kernel.
     *
     * @param ptx the text of a program
     * @param kernel the kernel's name
     */
    static Listing read(String ptx, String kernel) {
        Matcher entry = Pattern.compile("\\.entry\\s+" + kernel + "\\b").matcher(ptx);
        if (!entry.find()) {
            throw new IllegalArgumentException("the PTX has no kernel " + kernel);
        }
        int from = ptx.indexOf("\n{", entry.end());
        Listing listing = new Listing();
        for (String line : ptx.substring(from + 2, ptx.indexOf("\n}", from)).split("\n")) {
            readLine(line, listing);
        }
        return listing;
    }

    private static void readLine(String line, Listing listing) {
        Matcher label = LABEL.matcher(line);
        if (label.find()) {
            listing.label(label.group(1));
            return;
        }
        int comment = line.indexOf("//");
        String text = (comment < 0 ? line : line.substring(0, comment)).strip();
        if (text.endsWith(";") && !text.startsWith(".")) {
            listing.add(instruction(text));
        }
    }

    private static Instruction instruction(String text) {
        Matcher guard = GUARD.matcher(text);
        boolean guarded = guard.find();
        String plain =
                text.substring(guarded ? guard.end() : 0, text.length() - 1).strip();
        String operation = plain.split("\\s", 2)[0];
        if (operation.equals("bra") || operation.equals("bra.uni")) {
            return Instruction.branch(
                    guarded ? Kind.BRANCH : Kind.JUMP,
                    plain.substring(plain.lastIndexOf(' ') + 1).replaceAll("^.*\\s", ""));
        }
        if (operation.equals("ret") && !guarded) {
            return Instruction.of(Kind.END);
        }
        if (operation.startsWith("bar.")) {
            return Instruction.of(Kind.BARRIER).waiting(Wait.ALL);
        }
        if (DIVISION.matcher(operation).matches()) {
            return Instruction.of(Kind.DIVIDE_64);
        }
        Matcher access = ACCESS.matcher(operation);
        return access.matches() ? access(access) : Instruction.of(Kind.OTHER);
    }

    private static Instruction access(Matcher access) {
        String space = access.group(2);
        if (space == null || space.equals("global")) {
            int values = access.group(3) == null
                    ? 1
                    : Integer.parseInt(access.group(3).substring(1));
            int bytes = values * Integer.parseInt(access.group(4)) / Byte.SIZE;
            return access.group(1).equals("ld")
                    ? Instruction.access(Kind.LOAD, bytes)
                    : Instruction.access(Kind.STORE, bytes).waiting(Wait.ALL);
        }
        return Instruction.of(space.equals("shared") ? Kind.LOCAL : Kind.OTHER);
    }
}
