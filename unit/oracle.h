
/*
 * Owns: the comparison of the JSON parser with jansson: what one takes the
 * other must take, and both must make the same tree of it.
 */


#ifndef _TOUCAN_ORACLE_H_INCLUDED_
#define _TOUCAN_ORACLE_H_INCLUDED_


#include "tokens.h"

#include <jansson.h>


/* sound texts, and what is next to them */

static UNIT_UNUSED const char  *oracle_texts[] = {
    "{}", " \t\r\n{ \n}\t ", "{\"\":{}}", "{\"a\":[]}", "{\"a\":[{},[[]]]}",
    "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}",
    "{\"sub\":\"u\",\"exp\":1767225600,\"aud\":[\"x\",\"y\"],"
    "\"m\":{\"n\":{\"o\":null}}}",
    "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,"
    "\"j\":10,\"k\":11,\"l\":12,\"m\":13,\"a\":14}",
    "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,"
    "\"j\":10,\"k\":11,\"l\":12,\"m\":13,\"n\":14}",
    "{\"member-1\":1,\"member-2\":2}", "{\"member-1\":1,\"member-1\":2}",
    "{\"aa\":1,\"ab\":{\"aa\":2,\"ab\":3},\"a\":4,\"\":5}",
    "{\"a\":true,\"b\":false,\"c\":null}",

    /* numbers */

    "{\"a\":[0,-0,0.0,-0.0,0e0,0e-1,0E+1,-0e9]}",
    "{\"a\":[1,-1,10,1.5,1.50,-2.5e3,1e2,1E2,1e+2,1e-2]}",
    "{\"a\":[9223372036854775807,-9223372036854775808]}",
    "{\"a\":9223372036854775808}", "{\"a\":-9223372036854775809}",
    "{\"a\":18446744073709551616}", "{\"a\":10000000000000000000}",
    "{\"a\":[9223372036854775808.0,1e19,123456789012345678901234567890e0]}",
    "{\"a\":[1e308,-1e308,1.7976931348623157e308,1.7976931348623158e308]}",
    "{\"a\":1.7976931348623159e308}", "{\"a\":-1.8e308}", "{\"a\":2e308}",
    "{\"a\":1e309}", "{\"a\":1e999}", "{\"a\":-1e999}",
    "{\"a\":[0e999,0.0e99999999999999999999,0.00e+400]}",
    "{\"a\":1e99999999999999999999}", "{\"a\":1e-99999999999999999999}",
    "{\"a\":1e18446744073709551616}", "{\"a\":1e-18446744073709551617}",
    "{\"a\":[1e-999,5e-324,1e-400,2.2250738585072014e-308]}",
    "{\"a\":0.00000000000000000000000000000001e340}",
    "{\"a\":0.00000000000000000000000000000001e341}",
    "{\"a\":100000000000000000000000000000000e276}",
    "{\"a\":100000000000000000000000000000000e277}",
    "{\"a\":01}", "{\"a\":-01}", "{\"a\":00}", "{\"a\":1.}", "{\"a\":.5}",
    "{\"a\":-}", "{\"a\":-.5}", "{\"a\":1.e1}", "{\"a\":1e}", "{\"a\":1e+}",
    "{\"a\":0x10}", "{\"a\":1e1.5}", "{\"a\":1e1e1}", "{\"a\":1-1}",
    "{\"a\":+1}", "{\"a\":00.5}", "{\"a\":0.5.5}", "{\"a\":0e01}",

    /* strings */

    "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
    "{\"\\u0061\":1,\"a\":2}", "{\"\\u00e9\":1,\"\xc3\xa9\":2}",
    "{\"\\u0061\":1,\"b\":2}", "{\"a\":\"\\u00E9\\uffff\\u0001\\u007f\"}",
    "{\"a\":\"\\ud834\\udd1e\\uDBFF\\uDFFF\\ud800\\udc00\"}",
    "{\"a\":\"\\ud7ff\\ue000\\ufffe\\ufffd\"}",
    "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\n\"}",
    "{\"a\":\"\\ud800\\ud800\"}", "{\"a\":\"\\ud800\\ue000\"}",
    "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\udc00\\ud800\"}",
    "{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}", "{\"a\":\"\\ud800\\u0000\"}",
    "{\"a\":\"\x7f \x01\"}", "{\"a\":\"\x7f\"}", "{\"a\":\"\t\"}",
    "{\"a\":\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\"}",
    "{\"a\":\"\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90\xef\xbb\xbf\"}",
    "{\"a\":\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xf0\x9f\xbf\xbe\"}",
    "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xc1\xbf\"}", "{\"a\":\"\x80\"}",
    "{\"a\":\"\xe0\x9f\xbf\"}", "{\"a\":\"\xed\xa0\x80\"}",
    "{\"a\":\"\xed\xbf\xbf\"}", "{\"a\":\"\xf0\x8f\xbf\xbf\"}",
    "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xf5\x80\x80\x80\"}",
    "{\"a\":\"\xf8\x88\x80\x80\x80\"}", "{\"a\":\"\xfe\xff\"}",
    "{\"a\":\"\xe2\x82\"}", "{\"\xe9\":1}", "\xef\xbb\xbf{}",
    "{\"a\":\"\\x41\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\U0041\"}",

    /* the frame */

    "", " ", "[]", "[{}]", "1", "null", "\"a\"", "{", "}", "{}}", "{}{}",
    "{} x", "{},", "{]", "[}", "{\"a\"}", "{\"a\":}", "{:1}", "{,}",
    "{\"a\":1,}", "{\"a\":1,,\"b\":2}", "{\"a\" 1}", "{\"a\":[1,]}",
    "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[1}", "{\"a\":[\"a\":1]}",
    "{a:1}", "{'a':1}", "{1:1}", "{\"a\":tru}", "{\"a\":truefalse}",
    "{\"a\":true1}", "{\"a\":nulll}", "{\"a\":NaN}", "{\"a\":Infinity}",
    "{\"a\":-Infinity}", "{\"a\":True}", "{\"a\":/**/1}", "{\"a\":1}//",
    "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}",
    "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
    "{\"a\":\v1}", "{\"a\":\f1}", "{\"a\":\xc2\xa0" "1}"
};


#define ORACLE_TEXTS  (sizeof(oracle_texts) / sizeof(oracle_texts[0]))


/* the values below a value, itself among them; 0 when they are too deep */

static size_t
oracle_values(json_t *json, unsigned depth)
{
    void    *iter;
    size_t   i, n, one;

    if (!json_is_object(json) && !json_is_array(json)) {
        return 1;
    }

    if (depth == 0) {
        return 0;
    }

    n = 1;

    for (i = 0; i < json_array_size(json); i++) {
        one = oracle_values(json_array_get(json, i), depth - 1);
        if (one == 0) {
            return 0;
        }

        n += one;
    }

    for (iter = json_object_iter(json);
         iter != NULL;
         iter = json_object_iter_next(json, iter))
    {
        one = oracle_values(json_object_iter_value(iter), depth - 1);
        if (one == 0) {
            return 0;
        }

        n += one;
    }

    return n;
}


static int
oracle_real(toucan_str_t text, double want)
{
    char    copy[4096];
    double  got;

    if (text.data == NULL || text.len == 0 || text.len >= sizeof(copy)) {
        return 0;
    }

    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    got = strtod(copy, NULL);

    return memcmp(&got, &want, sizeof(double)) == 0;
}


static int
oracle_scalar(const toucan_doc_t *doc, const toucan_node_t *node, json_t *json)
{
    toucan_str_t  text;

    switch (json_typeof(json)) {

    case JSON_STRING:
        text = toucan_str(json_string_value(json), json_string_length(json));
        return toucan_json_is(node, TOUCAN_JSON_STRING)
               && toucan_json_string(doc, node).data != NULL
               && toucan_str_eq(toucan_json_string(doc, node), text);

    case JSON_INTEGER:
        return toucan_json_is(node, TOUCAN_JSON_INTEGER)
               && node->v.integer == json_integer_value(json);

    case JSON_REAL:
        return toucan_json_is(node, TOUCAN_JSON_REAL)
               && oracle_real(toucan_json_string(doc, node),
                              json_real_value(json));

    case JSON_TRUE:
        return toucan_json_is(node, TOUCAN_JSON_TRUE);

    case JSON_FALSE:
        return toucan_json_is(node, TOUCAN_JSON_FALSE);

    default:
        return toucan_json_is(node, TOUCAN_JSON_NULL);
    }
}


/* *index moves past the nodes of json: they stand in the order of the text */

static int
oracle_same(const toucan_doc_t *doc, uint32_t *index, json_t *json)
{
    void                 *iter;
    size_t                i, n;
    uint32_t              own;
    json_t               *value;
    const toucan_node_t  *node;

    if (*index == doc->nodes) {
        return 0;
    }

    own = (*index)++;
    node = &doc->node[own];

    if (!json_is_object(json) && !json_is_array(json)) {
        return oracle_scalar(doc, node, json) && node->next == *index;
    }

    n = json_is_array(json) ? json_array_size(json) : json_object_size(json);

    if (!toucan_json_is(node, json_is_array(json) ? TOUCAN_JSON_ARRAY
                                                  : TOUCAN_JSON_OBJECT)
        || node->v.s.len != n || node->v.s.offset != 0)
    {
        return 0;
    }

    iter = json_object_iter(json);

    for (i = 0; i < n; i++) {
        value = iter ? json_object_iter_value(iter) : json_array_get(json, i);
        node = (*index < doc->nodes) ? &doc->node[*index] : NULL;

        if (iter != NULL) {
            if (!toucan_str_is(toucan_json_name(doc, node),
                               json_object_iter_key(iter)))
            {
                return 0;
            }

            iter = json_object_iter_next(json, iter);

        } else if (toucan_json_name(doc, node).data != NULL) {
            return 0;
        }

        if (!oracle_same(doc, index, value)) {
            return 0;
        }
    }

    return doc->node[own].next == *index;
}


/*
 * NULL when both agree, or what they do not agree on.  jansson 2.14 passes
 * over a NUL byte behind a number or a word; no text with one is sound.
 */

static const char *
oracle(const void *text, size_t len)
{
    char                *copy;
    size_t               n;
    json_t              *json;
    uint32_t             index;
    toucan_rc_t          rc;
    const char          *wrong;
    unit_arena_t         a;
    const toucan_doc_t  *doc;

    copy = malloc(len ? len : 1);       /* no byte past the end is read */
    memcpy(copy, text, len);

    json = json_loadb(copy, len, JSON_REJECT_DUPLICATES, NULL);
    n = json_is_object(json) && memchr(copy, '\0', len) == NULL
        ? oracle_values(json, toucan_json_token_limits.depth) : 0;

    doc = NULL;
    rc = toucan_json_parse(toucan_str(copy, len), &toucan_json_token_limits,
                           unit_arena_init(&a), &doc);
    free(copy);

    wrong = NULL;
    index = 0;

    if (n == 0 || n > toucan_json_token_limits.nodes) {

        if (rc == TOUCAN_OK) {
            wrong = "jansson refuses it";

        } else if (rc != TOUCAN_BAD_JSON || doc != NULL) {
            wrong = "it is refused in another way";
        }

    } else if (rc != TOUCAN_OK) {
        wrong = "jansson takes it";

    } else if (!oracle_same(doc, &index, json) || index != doc->nodes) {
        wrong = "the trees differ";
    }

    unit_arena_free(&a);
    json_decref(json);

    return wrong;
}


/* 1 when they agree; what they disagree on is shown */

static UNIT_UNUSED int
oracle_agrees(const void *text, size_t len)
{
    const char  *wrong;

    wrong = oracle(text, len);

    if (wrong != NULL) {
        diag("%s:", wrong);
        unit_dump("text", text, len);
    }

    return wrong == NULL;
}


static UNIT_UNUSED const char *
oracle_verdict(const char *text, size_t len)
{
    toucan_rc_t          rc;
    unit_arena_t         a;
    const toucan_doc_t  *doc;

    rc = toucan_json_parse(toucan_str(text, len), &toucan_json_token_limits,
                           unit_arena_init(&a), &doc);
    unit_arena_free(&a);

    return unit_rc(rc);
}


#endif /* _TOUCAN_ORACLE_H_INCLUDED_ */
