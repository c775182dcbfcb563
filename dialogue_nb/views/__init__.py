"""What people see of the engine: records become plain dicts, and dicts become tables and figures.

For every view `NAME` there are pure functions: `NAME_view(...)` makes a JSON-ready dict,
`NAME_html(view)` a static table of it, `NAME_figure(view)` a matplotlib figure where a picture is
natural. The widgets draw the same dicts. Nothing here imports a widget library.
"""
