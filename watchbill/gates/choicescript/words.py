"""The commands of ChoiceScript, and what kind each is of."""

IF_WORDS = frozenset({"if", "elseif", "elsif"})
ELSE_WORDS = frozenset({"else", "elseif", "elsif"})
CHOICE_WORDS = frozenset({"choice", "fake_choice"})
REUSE_WORDS = frozenset({"hide_reuse", "disable_reuse", "allow_reuse"})

# The interpreter takes these at the top of startup.txt only, before any text or other command.
STARTUP_ONLY = frozenset(
    {"create", "create_array", "scene_list", "title", "author", "achievement", "product", "ifid"}
)  # *comment may stand anywhere

# After these, what follows is reached by a *label only.
TRANSFERS = frozenset(
    {"goto", "goto_scene", "gotoref", "goto_random_scene", "redirect_scene", "return", "finish", "ending", "abort"}
    | {"restart", "bug", "end_trial", "delay_ending", "finish_advertisement", "restore_checkpoint"}
    | {"script"}  # may set the next line itself: nobody can say that it falls through
)

# The lines indented below these are theirs, not the scene's.
WITH_BLOCK = frozenset({"scene_list", "stat_chart", "achievement", "goto_random_scene", "restore_game"})

KNOWN = (
    STARTUP_ONLY
    | TRANSFERS
    | WITH_BLOCK
    | IF_WORDS
    | ELSE_WORDS
    | CHOICE_WORDS
    | REUSE_WORDS
    | {
        "comment",
        "label",
        "looplimit",
        "temp",
        "temp_array",
        "delete",
        "delete_array",
        "set",
        "setref",
        "print",
        "rand",
    }
    | {
        "page_break",
        "page_break_advertisement",
        "line_break",
        "reset",
        "input_text",
        "input_number",
        "params",
        "config",
    }
    | {
        "gosub",
        "gosub_scene",
        "image",
        "text_image",
        "kindle_image",
        "sound",
        "youtube",
        "link",
        "link_button",
        "timer",
    }
    | {"share_this_game", "more_games", "subscribe", "show_password", "save_game", "save_checkpoint", "delay_break"}
    | {"check_purchase", "restore_purchases", "purchase", "purchase_discount", "print_discount", "advertisement"}
    | {"check_registration", "login", "feedback", "achieve", "check_achievements", "track_event", "ai"}
    | {"kindle_search", "kindle_product"}
)
