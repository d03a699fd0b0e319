package io.github.clnorm.tools.terminal;

import java.io.Console;
import java.io.PrintWriter;

/** A progress bar in one line of a terminal, which is written over again and again; nothing anywhere else. */
public final class ProgressLine implements AutoCloseable {

    private static final int LONGEST = 78;
    private static final int BAR = 20;
    private static final String CLEAR = "\r\033[K";

    private final PrintWriter terminal;

    public ProgressLine(PrintWriter err) {
        this(err, isTerminal());
    }

    private ProgressLine(PrintWriter err, boolean shown) {
        terminal = shown ? err : null;
    }

    /** One that shows nothing. */
    public static ProgressLine none() {
        return new ProgressLine(null, false);
    }

    /** Whether standard error is one: only the shell that started this knows. */
    private static boolean isTerminal() {
        String told = System.getProperty("clnorm.terminal");
        return told != null ? Boolean.parseBoolean(told) : hasConsole();
    }

    /** From JDK 22 on there is a console also where there is no terminal, and a method that tells. */
    private static boolean hasConsole() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    /** So many of all are done, and what comes now. */
    public void show(int done, int all, String text) {
        int filled = BAR * done / Math.max(1, all);
        show("[" + "=".repeat(filled) + " ".repeat(BAR - filled) + "] " + done + "/" + all + " " + text);
    }

    private void show(String text) {
        if (terminal != null) {
            terminal.print(CLEAR + (text.length() > LONGEST ? text.substring(0, LONGEST) : text));
            terminal.flush();
        }
    }

    /** Leaves the line empty. */
    @Override
    public void close() {
        show("");
    }
}
