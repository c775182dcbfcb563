"""TED: the policy that learns with a transformer over the turns of a dialogue."""

from __future__ import annotations

from typing import Any

import numpy as np

from dialogue_nb.featurizers.examples import TrainingExamples
from dialogue_nb.featurizers.tracker_featurizers import TrackerFeaturizer
from dialogue_nb.policies.keras_run import Made, OptimizerSettings
from dialogue_nb.policies.keras_training import growing
from dialogue_nb.policies.network_policy import NetworkPolicy
from dialogue_nb.policies.ted_network import TedNetwork
from dialogue_nb.policies.ted_shape import TedShape, TedTraining, attributes_of


class TEDPolicy(NetworkPolicy):
    def __init__(self, featurizer=None, priority=1, max_history=None, epochs=30, batch_size=(64,256),
      random_seed=None, learning_rate=0.001, batch_strategy='balanced', validation_split=0.0, shape={}, optimizer='adam', decay_learning_rate=False, training={}):
        super().__init__(featurizer, priority, max_history)
        self.epochs=epochs; self.batch_size=batch_size; self.random_seed=random_seed
        self.learning_rate=learning_rate; self.batch_strategy=batch_strategy; self.validation_split=validation_split
        self.decay_learning_rate=decay_learning_rate; self.shape=shape; self.training=training; self.optimizer=optimizer

    def _batch_sizes(self, epochs, batch_size, count):
        return growing(*self.batch_size, epochs or self.epochs, count)

    def _balances(self, examples):
        return self.batch_strategy == 'balanced' and examples.labels.ndim == 1

    def _made(self, examples: TrainingExamples, rng: np.random.Generator) -> Made:
        from dialogue_nb.policies.ted_model import TedModel
        from dialogue_nb.policies.keras_run import make_ted
        encoder = examples.state_featurizer
        from collections import defaultdict
        attributes, listen = attributes_of(encoder.feature_names(examples.domain), defaultdict(lambda: 20))
        actions = encoder.encode_all_actions(examples.domain)
        shape = TedShape(attributes, listen, actions.shape[1], every_step=examples.labels.ndim==2, **self.shape)
        model = TedModel(shape, actions, TedTraining(**self.training), seed=int(rng.integers(2**31)))
        return make_ted(model, OptimizerSettings(self.optimizer, self.learning_rate))
