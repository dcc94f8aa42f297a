"""Every code the product answers with when it refuses: one table, from which the error catalogue is written."""

from typing import NamedTuple


class RequestError(NamedTuple):
    """A request that was refused or failed as a whole, or one field of it: a code, its HTTP status, what to do."""

    code: str
    status: int
    meaning: str
    remedy: str


class Expected(NamedTuple):
    """A failure that is part of the answer: a member of a GraphQL union, or a command's stated error."""

    code: str
    shown_as: str
    meaning: str
    remedy: str


class InputFault(NamedTuple):
    """The code of one problem inside `InvalidInput`; the problem says where, what was found, what is accepted."""

    code: str
    meaning: str


REQUEST_ERRORS: tuple[RequestError, ...] = (
    RequestError(
        "BAD_REQUEST", 400, "The request is not of the form the route takes.", "Read the message; correct it."
    ),
    RequestError("NOT_READY", 503, "The service is starting.", "Ask /ready again in a second."),
    RequestError("BAD_JSON", 400, "The body is not JSON: NaN, a lone surrogate, a cut text.", "Send valid JSON."),
    RequestError("BAD_ENCODING", 400, "The body is not UTF-8.", "Send UTF-8."),
    RequestError("TOO_DEEP", 400, "The body or the selection nests too deeply.", "Ask for less at once."),
    RequestError("NUMBER_TOO_LONG", 400, "A number of more than 20 digits.", "Send numbers a computer can hold."),
    RequestError("BATCH_NOT_SUPPORTED", 400, "The body is a list of operations.", "Send one operation a request."),
    RequestError("GRAPHQL_SYNTAX", 400, "The GraphQL document does not parse.", "Correct it at the given place."),
    RequestError("GRAPHQL_INVALID", 400, "The document or a variable does not fit the schema.", "Compare with it."),
    RequestError("TOO_MANY_TOKENS", 400, "The document is too long.", "Send a shorter one."),
    RequestError("TOO_MANY_ALIASES", 400, "The document uses too many aliases.", "Send several requests."),
    RequestError("TOO_COSTLY", 400, "The document asks for too many objects at once.", "Ask for smaller pages."),
    RequestError("PAGE_TOO_LARGE", 400, "`first` is not from 1 to 200.", "Page with `first` and `after`."),
    RequestError("BAD_CURSOR", 400, "`after` is not a cursor of this list.", "Start again without `after`."),
    RequestError("BAD_FILTER", 400, "A filter names what the model does not declare.", "See `kinds` and `sectors`."),
    RequestError("UNAUTHORIZED", 401, "No bearer token, or another one.", "Send `Authorization: Bearer …`."),
    RequestError("WRONG_HOST", 421, "The Host header does not name this machine.", "Use http://127.0.0.1 or a token."),
    RequestError("WRONG_ORIGIN", 403, "A web page of another origin asks.", "Open the page from this service."),
    RequestError("NOT_FOUND", 404, "No such route.", "See docs/api.md."),
    RequestError("METHOD_NOT_ALLOWED", 405, "The route does not take this method.", "See docs/api.md."),
    RequestError("BODY_TIMEOUT", 408, "The body did not arrive in time.", "Send it at once."),
    RequestError("BODY_TOO_LARGE", 413, "The body is over the limit of 1 MB.", "Send less at once; import a file."),
    RequestError("UNSUPPORTED_MEDIA_TYPE", 415, "The body is not application/json.", "Send that content type."),
    RequestError("BUSY", 503, "Too many questions are waiting.", "Try again in a few seconds."),
    RequestError("RESUME_UNKNOWN", 400, "`after` is not recorded, or not any more.", "Ask anew; subscribe from there."),
    RequestError("RESUME_TOO_FAR", 410, "More was missed than is told again.", "Ask anew; subscribe from there."),
    RequestError("TOO_MANY_SUBSCRIBERS", 503, "As many subscribe as may.", "Close some; try again later."),
    RequestError("STORE_UNAVAILABLE", 503, "The store cannot be reached now.", "Try again; see /ready."),
    RequestError("INTERNAL", 500, "A fault of the service; it is logged under the request id.", "Report that id."),
)
EXPECTED: tuple[Expected, ...] = (
    Expected("UNKNOWN_CI", "UnknownCi", "No CI has this id.", "Take one of `suggestions`."),
    Expected("CONTRADICTORY_SCENARIO", "ContradictoryScenario", "A CI is both pinned and worse.", "Keep one of them."),
    Expected("INVALID_INPUT", "InvalidInput", "Values do not fit the model.", "Correct each of `problems`."),
    Expected("CONFLICT", "Conflict, RecordConflict", "It was changed since you looked.", "Read it again, then decide."),
    Expected("KEY_REUSED", "KeyReused", "The idempotency key came with other content.", "Take a new key."),
    Expected("STORE_UNAVAILABLE", "StoreUnavailable", "The store cannot be reached now.", "Try again; see /ready."),
    Expected(
        "SCHEDULER_UNAVAILABLE", "exit code 2", "No dask scheduler there, or no workers.", "Start them, or sweep here."
    ),
    Expected("TOKEN_REQUIRED", "exit code 2", "Not loopback, and no token.", "Set CMDB_TOKEN."),
    Expected("WEAK_TOKEN", "exit code 2", "The token is too short to keep anybody out.", "Take a longer one."),
)
INPUT_FAULTS: tuple[InputFault, ...] = (
    InputFault("AMBIGUOUS_NAME", "A name that more than one CI has."),
    InputFault("ARCHIVE_BAD_PATH", "An archive holds a file outside its own folder."),
    InputFault("ARCHIVE_TOO_LARGE", "An archive unpacks to more than the limit."),
    InputFault("ARCHIVE_TOO_MANY_PARTS", "An archive holds too many files."),
    InputFault("BAD_ANSWER", "An API answers with something else than its documented form."),
    InputFault("BAD_BOOLEAN", "Not yes or no."),
    InputFault("BAD_CHARACTER", "A control or invisible character."),
    InputFault("BAD_CHOICE", "Not one of the declared choices."),
    InputFault("BAD_DATE", "Not a date, or not a time with offset, or out of range."),
    InputFault("BAD_DURATION", "Not a duration in whole minutes."),
    InputFault("BAD_HOST", "A word in a list of allowed hosts is no exact host name and no network."),
    InputFault("BAD_JSON", "Not JSON, or more than is read of it."),
    InputFault("BAD_LOGIN", "A login that no API could take: control characters, or too long."),
    InputFault("BAD_MAPPING", "A mapping file names what is no table, or no field, of the API that is fetched from."),
    InputFault("BAD_NAME", "Not a name that the model can declare."),
    InputFault("BAD_NUMBER", "Not a number, or not the number of a record."),
    InputFault("BAD_POOL_RULE", "Neither a count nor a percentage."),
    InputFault("BAD_RECORD", "A stored record that is not of the form this program writes."),
    InputFault("BAD_REFERENCE", "Not a reference to something else in the same source."),
    InputFault("BAD_REVISION", "Neither the number of a revision nor a time."),
    InputFault("BAD_SAMPLE", "A line of metrics that cannot be read."),
    InputFault("BAD_TEMPLATE", "Not a text with columns in braces."),
    InputFault("BAD_TRANSITION", "A record may not go from its state to that one."),
    InputFault("BAD_TYPE", "A value of another type than the attribute's."),
    InputFault("BAD_XML", "Not XML, or more than is read of it."),
    InputFault("BAD_YAML", "Not YAML, or not of the form that is needed there."),
    InputFault("BIDI_CONTROL", "Characters that turn the direction of text."),
    InputFault("CELL_ERROR", "A spreadsheet cell holds an error."),
    InputFault("CONFLICT_IN_FILE", "Two rows say different things of one thing."),
    InputFault("CONFUSABLE_NAME", "A name that looks like another, in letters of another script."),
    InputFault("COPY_DIFFERS", "A copied revision that is not as it was in its source."),
    InputFault("CORRUPT_ARCHIVE", "The archive cannot be read."),
    InputFault("CORRUPT_WORKBOOK", "The workbook cannot be read."),
    InputFault("CSV_BAD_QUOTE", "A quote in the middle of a field."),
    InputFault("CSV_UNCLOSED_QUOTE", "A quote that is never closed."),
    InputFault("DANGLING_POOL", "A pool of a CI that is not recorded."),
    InputFault("DANGLING_RELATION", "A relation to a CI that is not recorded."),
    InputFault("DATE_AMBIGUOUS", "A date whose day and month cannot be told apart."),
    InputFault("DELETE_THRESHOLD", "An import would retire or remove most of what its source once recorded."),
    InputFault("DELIMITER_MISMATCH", "Fields are separated by something else than was said."),
    InputFault("DUPLICATE_ATTRIBUTE", "An attribute declared twice."),
    InputFault("DUPLICATE_COLUMN", "A column that stands twice."),
    InputFault("DUPLICATE_FILE", "A sheet given both plain and packed."),
    InputFault("DUPLICATE_KEY", "A key that stands twice."),
    InputFault("DUPLICATE_KIND", "A kind declared twice."),
    InputFault("DUPLICATE_NUMBER", "The source has another record with this number."),
    InputFault("DUPLICATE_RELATION", "A relation type declared twice."),
    InputFault("DUPLICATE_ROW", "A row that stands twice."),
    InputFault("DUPLICATE_VALUE", "A value that a list has twice."),
    InputFault("EMPTY_FILE", "Nothing in the file."),
    InputFault("ENCODING_INVALID", "A byte or character that is not valid Unicode."),
    InputFault("ENCODING_UNKNOWN", "The text is not UTF-8."),
    InputFault("END_BEFORE_START", "Something ends, or happened, before it began."),
    InputFault("FETCH_FAILED", "An API could not be reached, broke off, or had no time, also when asked again."),
    InputFault("FETCH_REFUSED", "An API refuses the question, or sends it somewhere else."),
    InputFault("FETCH_TOO_LARGE", "An API answers with more than the limit."),
    InputFault("FIELD_TOO_LONG", "A value longer than the limit."),
    InputFault("FILE_TOO_LARGE", "A file larger than the limit."),
    InputFault("FOLDER_IN_USE", "A folder to write to holds files that do not belong there."),
    InputFault("FORMULA_CELL", "A spreadsheet cell holds a formula."),
    InputFault("FORMULA_NO_VALUE", "A formula without a computed value."),
    InputFault("HEADER_ONLY", "A header and no rows."),
    InputFault("HIDDEN_DATA", "Rows, columns or sheets that are hidden."),
    InputFault("HISTORY_INCOMPLETE", "A history that does not add up to what the store holds."),
    InputFault("IGNORED_FILE", "A file that the format does not have."),
    InputFault("IGNORED_SHEET", "A sheet that the format does not have."),
    InputFault("IGNORED_VALUE", "A value that does not fit the rest of its row, and is left out."),
    InputFault(
        "INCOMPLETE_PAGES",
        "A list could not be read whole: it changed meanwhile, or a part of it is closed to the login.",
    ),
    InputFault("INCONSISTENT_RECORD", "Fields of a record that contradict each other."),
    InputFault("LAST_CLAIM", "What the only source of a CI says cannot be parted from it."),
    InputFault("LOGIN_REFUSED", "An API does not know the login, or does not let it read this."),
    InputFault("LONG_ROW", "A row with more fields than the header."),
    InputFault("LOOKALIKE_ID", "Ids that differ only in case, space or Unicode form."),
    InputFault("MACRO_FORBIDDEN", "A workbook with macros."),
    InputFault("MERGED_CI", "A CI is to be created under an id that was merged into another; write to that one."),
    InputFault("MISSING_COLUMN", "A column that must be there."),
    InputFault("MISSING_FILE", "A file that must be there."),
    InputFault("MISSING_KEY", "A key that must be there."),
    InputFault("MISSING_LOGIN", "No login for an API."),
    InputFault("MISSING_SHEET", "A sheet that must be there."),
    InputFault("MISSING_VALUE", "A value that must be there."),
    InputFault("NOTHING_TO_UNDO", "A revision that changed no CI, relation or pool, and decided on no duplicates."),
    InputFault("NOT_AN_XLSX", "Not a workbook of the .xlsx kind."),
    InputFault("NOT_CORRECTED", "A cell of a row that was held back still holds what was wrong with it."),
    InputFault("NOT_EDITABLE", "A field that may not change in this state of the record."),
    InputFault("NOT_FINITE", "Infinity or not-a-number."),
    InputFault("OUT_OF_RANGE", "A number outside its range."),
    InputFault("OVERLAPPING_STATES", "Two states of one CI at the same time."),
    InputFault("PATH_OUTSIDE", "A path that leads out of the folder."),
    InputFault("POOL_WITHOUT_RULE", "A relation names a pool that has no rule."),
    InputFault("PRECISION_LOST", "A number that was rounded on its way here."),
    InputFault("RELATION_NOT_ALLOWED", "The relation may not join these kinds."),
    InputFault("RETIRED_CI", "The CI is out of service."),
    InputFault("RULE_WITHOUT_POOL", "A pool rule that no relation names."),
    InputFault("SAME_CI", "Two CIs were to be named and one was, twice."),
    InputFault("SELF_RELATION", "A relation from a CI to itself."),
    InputFault("SHEET_TOO_LARGE", "A sheet with more cells than the limit."),
    InputFault("SHORT_ROW", "A row with fewer fields than the header."),
    InputFault("SYNC_RUNNING", "Another synchronisation of this store goes on."),
    InputFault("TARGET_DIFFERS", "A target that holds something else than a part of what is copied to it."),
    InputFault("TOO_MANY", "More items than one request may hold."),
    InputFault("UNDO_CONFLICT", "What is to be undone was changed since."),
    InputFault("UNKNOWN_API", "No API of this name can be fetched from."),
    InputFault("UNKNOWN_ATTRIBUTE", "The kind has no such attribute."),
    InputFault("UNKNOWN_CI", "No CI has this id."),
    InputFault("UNKNOWN_CLAIM", "A source that does not describe the CI, or not under this key."),
    InputFault("UNKNOWN_COLUMN", "A column that no kind declares."),
    InputFault("UNKNOWN_EFFECT", "Not down, degraded or at_risk."),
    InputFault("UNKNOWN_FORMAT", "Nothing that an importer takes."),
    InputFault("UNKNOWN_KEY", "A key that the format does not have."),
    InputFault("UNKNOWN_KIND", "Not a declared kind."),
    InputFault("UNKNOWN_LIFECYCLE", "Not planned, live or retired."),
    InputFault("UNKNOWN_NAME", "A name that no CI has."),
    InputFault("UNKNOWN_RECORD", "No record has this number."),
    InputFault("UNKNOWN_RELATION", "Not a declared relation type."),
    InputFault("UNKNOWN_REVISION", "Not a recorded revision."),
    InputFault("UNKNOWN_SECTOR", "Not a declared sector."),
    InputFault("UNREADABLE_FILE", "The file cannot be opened."),
    InputFault("UNSAFE_LOGIN_FILE", "A file with a secret that others than its owner may read."),
    InputFault("UNWRITABLE_FILE", "The file cannot be written."),
    InputFault("UNWRITABLE_FOLDER", "A folder that cannot be written to."),
    InputFault(
        "URL_FORBIDDEN", "An address that is not asked: not https, inside the own network, or not plainly written."
    ),
    InputFault("XML_DTD_FORBIDDEN", "XML with a document type definition."),
    InputFault("YAML_ALIAS_FORBIDDEN", "YAML with aliases."),
    InputFault("YAML_TAG_FORBIDDEN", "YAML with tags."),
)
STATUSES = {error.code: error.status for error in REQUEST_ERRORS}


class Refused(Exception):
    """A request refused with a stated code of `REQUEST_ERRORS` and a message fit to be shown."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message, self.status = code, message, STATUSES[code]
        super().__init__(message)


def error_body(code: str, message: str, **details: object) -> dict[str, object]:
    """The body of a refusal, of the same shape on every route."""
    return {"errors": [{"message": message, "extensions": {"code": code, **details}}]}
