package io.github.clnorm.tools.report;

import com.samskivert.mustache.Mustache;
import io.github.clnorm.tools.comparison.View;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * A comparison as one self-contained page. It includes its style, chart library and data, and its content security
 * policy forbids loading anything. {@code report.js} draws the charts from the data. All tables and sentences are in
 * the page and need no script.
 */
public final class HtmlReport {

    private HtmlReport() {}

    /**
     * The page.
     *
     * @param view what to show
     * @return HTML
     */
    public static String text(View view) {
        String library = resource("plot.js");
        String script = resource("report.js");
        Map<String, Object> context = new HashMap<>();
        context.put("page", new Page(view));
        context.put("style", resource("report.css"));
        context.put("library", library);
        context.put("script", script);
        context.put("scripts", "'" + hash(library) + "' '" + hash(script) + "'");
        context.put("data", ChartData.json(view));
        context.put("licenses", resource("LICENSES.txt"));
        // Everything is escaped unless the template says otherwise: names of devices are arbitrary text.
        return Mustache.compiler()
                .emptyStringIsFalse(true)
                .withLoader(name -> new StringReader(resource(name + ".mustache")))
                .compile(resource("report.mustache"))
                .execute(context);
    }

    private static String resource(String name) {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The hash by which the content security policy allows a script. */
    private static String hash(String script) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
