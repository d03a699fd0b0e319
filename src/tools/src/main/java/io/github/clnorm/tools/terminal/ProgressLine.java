package io.github.clnorm.tools.terminal;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** A progress bar that overwrites one line of a terminal. It prints nothing if standard error is not a terminal. */
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

    /** A progress bar that shows nothing. */
    public static ProgressLine none() {
        return new ProgressLine(null, false);
    }

    private static boolean isTerminal() {
        return isTerminal(
                System.getProperty("clnorm.terminal"),
                System.getProperty("os.name", ""),
                System.getenv(),
                ProgressLine::hasConsole);
    }

    /**
     * Whether standard error is a terminal that clears lines. Only the shell that started this process knows, and tells it
     * in a property. Windows' old console prints the characters that clear a line; its terminals set a variable.
     */
    static boolean isTerminal(String told, String system, Map<String, String> environment, BooleanSupplier hasConsole) {
        if (told != null) {
            return Boolean.parseBoolean(told);
        }
        boolean clears = !system.startsWith("Windows")
                || environment.containsKey("WT_SESSION")
                || environment.containsKey("TERM");
        return clears && hasConsole.getAsBoolean();
    }

    /** From JDK 22 on, System.console() exists without a terminal too, and a method tells the difference. */
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

    /** Shows how many steps are done, and the name of the next one. */
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

    /** Clears the line. */
    @Override
    public void close() {
        show("");
    }
}
