# Short verbs; each is `python3 dev.py VERB`, which does its own set-up.
VERBS := demo test slow check bench lock schema

.PHONY: $(VERBS)
$(VERBS):
	@python3 dev.py $@
