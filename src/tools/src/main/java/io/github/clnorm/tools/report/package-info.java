/** Reports of comparisons: a web page, a Markdown table, and CSV. */
package io.github.clnorm.tools.report;
